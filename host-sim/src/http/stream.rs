//! One HTTP stream through a plugin.

use std::collections::BTreeMap;
use std::fmt;

use crate::envoy::properties::Properties;
use crate::events;
use crate::headers::Headers;
use crate::hostcalls::filter_state_key;
use crate::http::direction::Direction;
use crate::http::drive;
use crate::http::local_reply::LocalReply;
use crate::http::state::HttpState;
use crate::outcome::{EndOfStream, Outcome};
use crate::trace::list::Trace;
use crate::vm::callback::Callback;
use crate::vm::run::CallbackRun;
use crate::vm::stream_handle::{PluginRef, StreamHandle};
use crate::vm::stream_state::{StreamKind, StreamState};
use crate::vm::trap::Trap;

/// An HTTP stream. One that is dropped is finished first.
pub struct Stream {
    handle: StreamHandle,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("context", &self.handle.id)
            .finish_non_exhaustive()
    }
}

impl Stream {
    pub(crate) fn begin(of: PluginRef, properties: Properties) -> Self {
        let kind = StreamKind::Http(Box::default());
        Self {
            handle: StreamHandle::begin(of, StreamState::new(kind, properties)),
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
        let id = self.handle.id;
        events::happen(&mut self.handle.vm.lock(), |vm| drive::finish(vm, id))
    }

    /// The request's headers as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_request_headers(&self) -> Headers {
        self.read(|http| http.request_headers.headers.clone())
    }

    /// The headers of the response or of the local reply as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_response_headers(&self) -> Headers {
        self.read(|http| http.response_headers.headers.clone())
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

    /// The reply that the plugin gave.
    #[must_use]
    pub fn local_reply(&self) -> Option<LocalReply> {
        self.read(|http| http.local_reply.clone())
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

    fn read<T: Default>(&self, part: impl FnOnce(&HttpState) -> T) -> T {
        self.handle
            .read(|stream| stream.http().map(part).unwrap_or_default())
    }

    fn headers(&mut self, direction: Direction, headers: Headers, end: EndOfStream) -> Outcome {
        let id = self.handle.id;
        let mut vm = self.handle.vm.lock();
        if vm.failure().is_some() {
            return Outcome::Failed;
        }
        if !drive::awaits(&mut vm, id, direction) {
            return Outcome::OutOfOrder;
        }
        match events::happen(&mut vm, |vm| drive::headers(vm, id, direction, headers, end)) {
            Ok(()) => drive::outcome(&mut vm, id, direction),
            Err(trap) => Outcome::Trapped(trap),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A trap here is kept as the VM's failure, where the plugin tells it.
        let _trap = self.finish();
    }
}
