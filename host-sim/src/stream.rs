//! One HTTP stream through a plugin.

use std::collections::BTreeMap;
use std::fmt;

use crate::abi::Action;
use crate::callback::Callback;
use crate::direction::{Direction, Stage};
use crate::headers::Headers;
use crate::hostcalls::filter_state_key;
use crate::local_reply::LocalReply;
use crate::outcome::{EndOfStream, Outcome};
use crate::properties::Properties;
use crate::run::{self, CallbackRun};
use crate::state::{MapSlot, StreamState};
use crate::stream_context::StreamContext;
use crate::trap::Trap;
use crate::vm::{SharedVm, Vm};

/// An HTTP stream. One that is dropped is finished first.
pub struct Stream {
    context: StreamContext,
    stage: Stage,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { context, stage, .. } = self;
        f.debug_struct("Stream")
            .field("context", &context.id)
            .field("stage", stage)
            .finish_non_exhaustive()
    }
}

impl Stream {
    pub(crate) fn begin(vm: SharedVm, properties: Properties) -> Self {
        let state = StreamState {
            properties,
            ..StreamState::default()
        };
        Self {
            context: StreamContext::begin(vm, state),
            stage: Stage::Begun,
        }
    }

    /// Gives the plugin the request's headers: names in any case, in order, repeated as on the wire, raw bytes.
    pub fn request_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        headers: &[(N, V)],
        end: EndOfStream,
    ) -> Outcome {
        let headers = headers.iter().map(|(name, value)| (name, value)).collect();
        self.headers(Direction::Request, headers, end)
    }

    /// Gives the plugin the response's headers, after a request that it let pass. A local reply needs no such
    /// call: its headers have passed the plugin already.
    pub fn response_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        headers: &[(N, V)],
        end: EndOfStream,
    ) -> Outcome {
        let headers = headers.iter().map(|(name, value)| (name, value)).collect();
        self.headers(Direction::Response, headers, end)
    }

    /// Ends the stream: access log, done, delete, in Envoy's order. Only the first call has an effect.
    ///
    /// # Errors
    /// The [`Trap`] of one of these callbacks; a VM that was lost before runs none of them.
    pub fn finish(&mut self) -> Result<(), Trap> {
        if self.stage == Stage::Finished {
            return Ok(());
        }
        let created = self.stage != Stage::Begun;
        self.stage = Stage::Finished;
        let vm = self.context.vm.clone();
        let mut vm = vm.lock();
        let ended = if created && vm.failure().is_none() {
            self.end(&mut vm)
        } else {
            Ok(())
        };
        ended.and(self.context.release_root(&mut vm))
    }

    /// The request's headers as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_request_headers(&self) -> Headers {
        self.context.read(|stream| stream.request_headers.headers.clone())
    }

    /// The headers of the response or of the local reply as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_response_headers(&self) -> Headers {
        self.context
            .read(|stream| stream.response_headers.headers.clone())
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

    /// The reply that the plugin gave.
    #[must_use]
    pub fn local_reply(&self) -> Option<LocalReply> {
        self.context.read(|stream| stream.local_reply.clone())
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

    fn headers(&mut self, direction: Direction, headers: Headers, end: EndOfStream) -> Outcome {
        let vm = self.context.vm.clone();
        let mut vm = vm.lock();
        if vm.failure().is_some() {
            return Outcome::Failed;
        }
        if !self.awaits(&vm, direction) {
            return Outcome::OutOfOrder;
        }
        match self.run_headers(&mut vm, direction, headers, end) {
            Ok(action) => self.conclude(&mut vm, direction, action),
            Err(trap) => Outcome::Trapped(trap),
        }
    }

    /// Response headers come only after a request that went on.
    fn awaits(&self, vm: &Vm, direction: Direction) -> bool {
        let stream = vm.state().streams.get(&self.context.id);
        let stopped = stream.is_some_and(|stream| {
            stream.local_reply.is_some() || stream.request_headers.open || stream.response_headers.open
        });
        !stopped && self.stage == direction.stage_before()
    }

    fn run_headers(
        &mut self,
        vm: &mut Vm,
        direction: Direction,
        headers: Headers,
        end: EndOfStream,
    ) -> Result<Action, Trap> {
        if self.stage == Stage::Begun {
            self.context.create(vm)?;
        }
        self.stage = direction.stage();
        let count = u32::try_from(headers.len()).unwrap_or(u32::MAX);
        if let Some(stream) = vm.state_mut().streams.get_mut(&self.context.id) {
            *direction.slot(stream) = MapSlot::arrived(headers);
        }
        let Some(function) = direction.export(vm).clone() else {
            return Ok(Action::Continue);
        };
        let parameters = (self.context.id, count, u32::from(end == EndOfStream::Yes));
        let action = self
            .context
            .call(vm, direction.callback(), &function, parameters)?;
        Ok(Action::try_from(action).unwrap_or(Action::Pause))
    }

    fn conclude(&mut self, vm: &mut Vm, direction: Direction, action: Action) -> Outcome {
        let Some(stream) = vm.state_mut().streams.get_mut(&self.context.id) else {
            return Outcome::OutOfOrder;
        };
        if let Some(reply) = stream.local_reply.clone() {
            return self.reply(vm, direction, reply);
        }
        match action {
            Action::Pause => Outcome::Pause,
            Action::Continue => {
                direction.slot(stream).open = false;
                Outcome::Continue
            }
        }
    }

    /// A reply to the request passes the plugin on its way out, as in Envoy.
    fn reply(&mut self, vm: &mut Vm, direction: Direction, reply: LocalReply) -> Outcome {
        let passed = match direction {
            Direction::Request => {
                let request = self.request_headers_in(vm);
                let end = if reply.ends_with_headers(&request) {
                    EndOfStream::Yes
                } else {
                    EndOfStream::No
                };
                self.run_headers(vm, Direction::Response, reply.sent_headers(&request), end)
                    .map(drop)
            }
            Direction::Response => Ok(()),
        };
        passed.map_or_else(Outcome::Trapped, |()| Outcome::LocalReply(reply))
    }

    fn request_headers_in(&self, vm: &Vm) -> Headers {
        let stream = vm.state().streams.get(&self.context.id);
        stream
            .map(|stream| stream.request_headers.headers.clone())
            .unwrap_or_default()
    }

    fn end(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        self.context.log(vm)?;
        self.context.done(vm)?;
        self.context.delete(vm)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A trap here is kept as the VM's failure, where the plugin tells it.
        let _trap = self.finish();
        self.context.forget();
    }
}
