//! One TCP stream through a plugin, as Envoy's network filter drives it in front of `tcp_proxy`.

use std::collections::BTreeMap;
use std::fmt;

use crate::abi::{BufferType, PeerType};
use crate::envoy::filter_state_key::filter_state_key;
use crate::envoy::properties::Properties;
use crate::events;
use crate::outcome::{EndOfStream, TcpOutcome};
use crate::tcp::drive;
use crate::tcp::side::Side;
use crate::tcp::state::TcpState;
use crate::trace::list::Trace;
use crate::vm::callback::Callback;
use crate::vm::run::CallbackRun;
use crate::vm::stream_handle::{PluginRef, StreamHandle};
use crate::vm::stream_state::{StreamKind, StreamState};
use crate::vm::trap::Trap;

/// A TCP stream. One that is dropped is finished first.
pub struct TcpStream {
    handle: StreamHandle,
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpStream")
            .field("context", &self.handle.id)
            .finish_non_exhaustive()
    }
}

impl TcpStream {
    pub(crate) fn begin(of: PluginRef, properties: Properties) -> Self {
        let kind = StreamKind::Tcp(TcpState::default());
        Self {
            handle: StreamHandle::begin(of, StreamState::new(kind, properties)),
        }
    }

    /// Tells the plugin of the connection; with TLS this comes before the handshake.
    pub fn new_connection(&mut self) -> TcpOutcome {
        let id = self.handle.id;
        let mut vm = self.handle.vm.lock();
        if vm.failure().is_some() {
            return TcpOutcome::Failed;
        }
        if !drive::is_new(&mut vm, id) {
            return TcpOutcome::OutOfOrder;
        }
        events::happen(&mut vm, |vm| drive::connect(vm, id)).unwrap_or_else(TcpOutcome::Trapped)
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
        let id = self.handle.id;
        events::happen(&mut self.handle.vm.lock(), |vm| drive::close(vm, id, by))
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
        let mut vm = self.handle.vm.lock();
        if let Some(stream) = vm.stream_mut(self.handle.id) {
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
        self.handle.filter_state(key.as_ref())
    }

    /// Everything that the plugin set, by Envoy's key.
    #[must_use]
    pub fn all_filter_state(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.handle.all_filter_state()
    }

    /// Every callback of this stream so far, in order.
    #[must_use]
    pub fn runs(&self) -> Vec<CallbackRun> {
        self.handle.runs()
    }

    /// Fuel of all runs of one callback of this stream; 0 where it did not run.
    #[must_use]
    pub fn fuel(&self, callback: Callback) -> u64 {
        self.handle.fuel(callback)
    }

    /// What has happened in this stream's context since the VM is traced, in order; see
    /// [`Plugin::trace`](crate::Plugin::trace).
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.handle.trace()
    }

    /// Hostcalls of all callbacks of this stream so far, by name.
    #[must_use]
    pub fn hostcalls(&self) -> BTreeMap<&'static str, u64> {
        self.handle.hostcalls()
    }

    fn passed(&self, buffer: BufferType) -> Vec<u8> {
        self.handle.read(|stream| {
            let flow = stream.tcp().and_then(|tcp| tcp.flow(buffer));
            flow.map(|flow| flow.passed().to_vec()).unwrap_or_default()
        })
    }

    fn arrive(&mut self, side: Side, bytes: &[u8], end: EndOfStream) -> TcpOutcome {
        let id = self.handle.id;
        let mut vm = self.handle.vm.lock();
        if vm.failure().is_some() {
            return TcpOutcome::Failed;
        }
        if !drive::awaits(&mut vm, id, side) {
            return TcpOutcome::OutOfOrder;
        }
        events::happen(&mut vm, |vm| drive::arrive(vm, id, side, bytes, end))
            .unwrap_or_else(TcpOutcome::Trapped)
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        // A trap here is kept as the VM's failure, where the plugin tells it.
        let _trap = self.finish();
    }
}
