//! One TCP stream through a plugin, as Envoy's network filter drives it in front of `tcp_proxy`.

use std::collections::BTreeMap;
use std::fmt;

use crate::abi::{Action, BufferType, PeerType};
use crate::callback::Callback;
use crate::hostcalls::filter_state_key;
use crate::outcome::{EndOfStream, TcpOutcome};
use crate::properties::Properties;
use crate::run::{self, CallbackRun};
use crate::side::Side;
use crate::state::StreamState;
use crate::stream_context::StreamContext;
use crate::tcp_state::{Asked, TcpState};
use crate::trap::Trap;
use crate::vm::{SharedVm, Vm};

/// A TCP stream. One that is dropped is finished first.
pub struct TcpStream {
    context: StreamContext,
    stage: Stage,
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Begun,
    /// Paused when it was new: `tcp_proxy` never hears of it, and Envoy reads nothing from it.
    Held,
    Open,
    Closed,
}

/// What the plugin's own wish made of the connection.
enum After {
    Nothing,
    Continued,
    Closed,
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { context, stage } = self;
        f.debug_struct("TcpStream")
            .field("context", &context.id)
            .field("stage", stage)
            .finish_non_exhaustive()
    }
}

impl TcpStream {
    pub(crate) fn begin(vm: SharedVm, properties: Properties) -> Self {
        let state = StreamState {
            properties,
            tcp: Some(TcpState::default()),
            ..StreamState::default()
        };
        Self {
            context: StreamContext::begin(vm, state),
            stage: Stage::Begun,
        }
    }

    /// Tells the plugin of the connection; with TLS this comes before the handshake.
    pub fn new_connection(&mut self) -> TcpOutcome {
        let vm = self.context.vm.clone();
        let mut vm = vm.lock();
        if vm.failure().is_some() {
            return TcpOutcome::Failed;
        }
        if self.stage != Stage::Begun {
            return TcpOutcome::OutOfOrder;
        }
        self.connect(&mut vm).unwrap_or_else(TcpOutcome::Trapped)
    }

    /// Gives the plugin bytes from the downstream peer; it sees them behind those that it still holds.
    pub fn downstream_data(&mut self, bytes: impl AsRef<[u8]>, end: EndOfStream) -> TcpOutcome {
        self.arrive(Side::Downstream, bytes.as_ref(), end)
    }

    /// Gives the plugin bytes from the upstream peer; it sees them behind those that it still holds. The end of
    /// this direction is also told by `proxy_on_upstream_connection_close`, right behind the bytes: in a context that
    /// is deleted by then if the plugin closed the connection on these bytes, as in Envoy.
    pub fn upstream_data(&mut self, bytes: impl AsRef<[u8]>, end: EndOfStream) -> TcpOutcome {
        self.arrive(Side::Upstream, bytes.as_ref(), end)
    }

    /// Closes the connection: the plugin is told by whom, and then done, log, delete, in Envoy's order for TCP. Does
    /// nothing to a connection that is closed already.
    ///
    /// # Errors
    /// The [`Trap`] of one of these callbacks; a VM that was lost before runs none of them.
    pub fn close(&mut self, by: PeerType) -> Result<(), Trap> {
        let vm = self.context.vm.clone();
        let mut vm = vm.lock();
        let ended = match self.stage {
            Stage::Begun | Stage::Closed => Ok(()),
            Stage::Held | Stage::Open if vm.failure().is_some() => Ok(()),
            Stage::Held | Stage::Open => self.end(&mut vm, by),
        };
        self.stage = Stage::Closed;
        ended.and(self.context.release_root(&mut vm))
    }

    /// Ends the stream as its client does: [`close`](Self::close) by the remote peer.
    ///
    /// # Errors
    /// As [`close`](Self::close).
    pub fn finish(&mut self) -> Result<(), Trap> {
        self.close(PeerType::Remote)
    }

    /// Puts other properties in the place of the stream's, as when the TLS handshake is done.
    pub fn set_properties(&mut self, properties: Properties) {
        let mut vm = self.context.vm.lock();
        if let Some(stream) = vm.state_mut().streams.get_mut(&self.context.id) {
            stream.properties = properties;
        }
    }

    /// The bytes that went past the plugin to the upstream peer, with the plugin's changes.
    #[must_use]
    pub fn sent_upstream(&self) -> Vec<u8> {
        self.passed(BufferType::DownstreamData)
    }

    /// The bytes that went past the plugin to the downstream peer, with the plugin's changes.
    #[must_use]
    pub fn sent_downstream(&self) -> Vec<u8> {
        self.passed(BufferType::UpstreamData)
    }

    /// The property that the plugin set under this path; segments are joined by NUL.
    #[must_use]
    pub fn property_set(&self, path: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.filter_state(filter_state_key(path.as_ref()))
    }

    /// The filter state under Envoy's key: `wasm.` and the path that the plugin set, as an access log names it.
    #[must_use]
    pub fn filter_state(&self, key: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.context.filter_state(key.as_ref())
    }

    /// Everything that the plugin set, by Envoy's key.
    #[must_use]
    pub fn all_filter_state(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.context.all_filter_state()
    }

    /// Every callback of this stream so far, in order.
    #[must_use]
    pub fn runs(&self) -> &[CallbackRun] {
        &self.context.runs
    }

    /// Fuel of all runs of one callback of this stream; 0 where it did not run.
    #[must_use]
    pub fn fuel(&self, callback: Callback) -> u64 {
        run::fuel_of(&self.context.runs, callback)
    }

    /// Hostcalls of all callbacks of this stream so far, by name.
    #[must_use]
    pub fn hostcalls(&self) -> BTreeMap<&'static str, u64> {
        run::hostcalls_of(&self.context.runs)
    }

    fn passed(&self, buffer: BufferType) -> Vec<u8> {
        self.context.read(|stream| {
            let flow = stream.tcp.as_ref().and_then(|tcp| tcp.flow(buffer));
            flow.map(|flow| flow.passed().to_vec()).unwrap_or_default()
        })
    }

    fn connect(&mut self, vm: &mut Vm) -> Result<TcpOutcome, Trap> {
        self.context.create(vm)?;
        self.stage = Stage::Open;
        let Some(function) = vm.exports.new_connection.clone() else {
            return Ok(TcpOutcome::Continue);
        };
        let action = self
            .context
            .call(vm, Callback::NewConnection, &function, self.context.id)?;
        let outcome = match self.carry_out(vm)? {
            After::Closed => TcpOutcome::Closed,
            After::Continued => TcpOutcome::Continue,
            After::Nothing => outcome_of(action),
        };
        if outcome == TcpOutcome::Pause {
            self.stage = Stage::Held;
        }
        Ok(outcome)
    }

    fn arrive(&mut self, side: Side, bytes: &[u8], end: EndOfStream) -> TcpOutcome {
        let vm = self.context.vm.clone();
        let mut vm = vm.lock();
        if vm.failure().is_some() {
            return TcpOutcome::Failed;
        }
        if !self.awaits(&mut vm, side) {
            return TcpOutcome::OutOfOrder;
        }
        self.data(&mut vm, side, bytes, end)
            .and_then(|outcome| self.after_data(&mut vm, side, end, outcome))
            .unwrap_or_else(TcpOutcome::Trapped)
    }

    fn awaits(&self, vm: &mut Vm, side: Side) -> bool {
        let flow = self.tcp(vm).and_then(|tcp| tcp.flow_mut(side.buffer()));
        self.stage == Stage::Open && flow.is_some_and(|flow| !flow.ended)
    }

    fn data(&mut self, vm: &mut Vm, side: Side, bytes: &[u8], end: EndOfStream) -> Result<TcpOutcome, Trap> {
        let flow = self.tcp(vm).and_then(|tcp| tcp.flow_mut(side.buffer()));
        let size = flow.map_or(0, |flow| {
            flow.ended = end == EndOfStream::Yes;
            flow.arrive(bytes)
        });
        let action = match side.export(vm).clone() {
            None => Action::Continue.number(),
            Some(function) => {
                let parameters = (self.context.id, size, u32::from(end == EndOfStream::Yes));
                self.context.call(vm, side.callback(), &function, parameters)?
            }
        };
        let outcome = match (self.carry_out(vm)?, side) {
            (After::Closed, _) => TcpOutcome::Closed,
            (After::Continued, Side::Downstream) => TcpOutcome::Continue,
            (After::Continued, Side::Upstream) | (After::Nothing, _) => outcome_of(action),
        };
        if let Some(flow) = self.tcp(vm).and_then(|tcp| tcp.flow_mut(side.buffer()))
            && outcome == TcpOutcome::Continue
        {
            flow.pass();
            flow.shut();
        }
        Ok(outcome)
    }

    /// Envoy tells the end of the upstream peer's bytes once more, whatever became of the connection meanwhile.
    fn after_data(
        &mut self,
        vm: &mut Vm,
        side: Side,
        end: EndOfStream,
        outcome: TcpOutcome,
    ) -> Result<TcpOutcome, Trap> {
        let function = vm.exports.upstream_connection_close.clone();
        let (Side::Upstream, EndOfStream::Yes, Some(function)) = (side, end, function) else {
            return Ok(outcome);
        };
        let parameters = (self.context.id, PeerType::Unknown.number());
        self.context
            .call(vm, Callback::UpstreamConnectionClose, &function, parameters)?;
        Ok(match self.carry_out(vm)? {
            After::Closed => TcpOutcome::Closed,
            After::Continued | After::Nothing => outcome,
        })
    }

    /// Does what the plugin asked for in the callback that has just returned.
    fn carry_out(&mut self, vm: &mut Vm) -> Result<After, Trap> {
        let asked = self
            .tcp(vm)
            .map(|tcp| std::mem::take(&mut tcp.asked))
            .unwrap_or_default();
        let mut after = After::Nothing;
        for asked in asked {
            match asked {
                Asked::Continue => after = self.continue_for_plugin(vm),
                Asked::Close => return self.close_for_plugin(vm),
            }
        }
        Ok(after)
    }

    fn continue_for_plugin(&self, vm: &mut Vm) -> After {
        if let Some(tcp) = self.tcp(vm) {
            tcp.downstream.pass();
        }
        After::Continued
    }

    fn close_for_plugin(&mut self, vm: &mut Vm) -> Result<After, Trap> {
        if self.stage != Stage::Closed {
            self.stage = Stage::Closed;
            self.end(vm, PeerType::Local)?;
        }
        Ok(After::Closed)
    }

    fn end(&mut self, vm: &mut Vm, by: PeerType) -> Result<(), Trap> {
        if let Some(function) = vm.exports.downstream_connection_close.clone() {
            let parameters = (self.context.id, by.number());
            self.context
                .call(vm, Callback::DownstreamConnectionClose, &function, parameters)?;
        }
        self.context.done(vm)?;
        self.context.log(vm)?;
        self.context.delete(vm)
    }

    fn tcp<'v>(&self, vm: &'v mut Vm) -> Option<&'v mut TcpState> {
        let stream = vm.state_mut().streams.get_mut(&self.context.id)?;
        stream.tcp.as_mut()
    }
}

/// What an action comes to: an unknown one holds, as in Envoy.
fn outcome_of(action: u32) -> TcpOutcome {
    match Action::try_from(action) {
        Ok(Action::Continue) => TcpOutcome::Continue,
        Ok(Action::Pause) | Err(_) => TcpOutcome::Pause,
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        // A trap here is kept as the VM's failure, where the plugin tells it.
        let _trap = self.finish();
        self.context.forget();
    }
}
