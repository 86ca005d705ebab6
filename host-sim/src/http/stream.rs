//! One HTTP stream through a plugin.

use std::collections::BTreeMap;
use std::fmt;

use crate::envoy::filter_state_key::filter_state_key;
use crate::envoy::properties::Properties;
use crate::events;
use crate::headers::Headers;
use crate::http::direction::Direction;
use crate::http::local_reply::LocalReply;
use crate::http::message::Message;
use crate::http::progress::Progress;
use crate::http::state::{End, HttpState, Life};
use crate::http::{deliver, drive};
use crate::outcome::{EndOfStream, Outcome};
use crate::trace::list::Trace;
use crate::vm::Vm;
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
        self.headers(Direction::Request, headers, end)
    }

    /// Gives the plugin bytes of the request's body. While its headers are paused they are held, and given to it when
    /// it continues; where it gathers the body it sees them with those before.
    pub fn request_body(&mut self, bytes: impl AsRef<[u8]>, end: EndOfStream) -> Outcome {
        self.body(Direction::Request, bytes.as_ref(), end)
    }

    /// Gives the plugin the request's trailers, which end it.
    pub fn request_trailers<N: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, trailers: &[(N, V)]) -> Outcome {
        self.trailers(Direction::Request, trailers)
    }

    /// Gives the plugin the response's headers, after those of a request that it let pass. A local reply needs no such
    /// call: it has passed the plugin already, headers and body.
    pub fn response_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        headers: &[(N, V)],
        end: EndOfStream,
    ) -> Outcome {
        self.headers(Direction::Response, headers, end)
    }

    /// Gives the plugin bytes of the response's body, as [`Stream::request_body`] does the request's.
    pub fn response_body(&mut self, bytes: impl AsRef<[u8]>, end: EndOfStream) -> Outcome {
        self.body(Direction::Response, bytes.as_ref(), end)
    }

    /// Gives the plugin the response's trailers, which end it.
    pub fn response_trailers<N: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, trailers: &[(N, V)]) -> Outcome {
        self.trailers(Direction::Response, trailers)
    }

    /// Resets the stream, as a client does that goes away: access log, done, delete.
    pub fn reset(&mut self) -> Outcome {
        let awaited = |vm: &mut Vm, id| drive::alive(vm, id).is_some_and(|http| http.life != Life::Begun);
        self.event(Direction::Request, awaited, drive::reset)
    }

    /// Ends the stream: access log, done, delete, in Envoy's order. Only the first call has an effect.
    ///
    /// # Errors
    /// The [`Trap`] of one of these callbacks; a VM that was lost before runs none of them.
    pub fn finish(&mut self) -> Result<(), Trap> {
        let id = self.handle.id;
        events::happen(&mut self.handle.vm.lock(), |vm| drive::end(vm, id, End::Finished))
    }

    /// What has become of the request by now.
    #[must_use]
    pub fn request(&self) -> Progress {
        self.progress(Direction::Request)
    }

    /// What has become of the response by now.
    #[must_use]
    pub fn response(&self) -> Progress {
        self.progress(Direction::Response)
    }

    /// The request as the application gets it: so much of it as has gone past the plugin.
    #[must_use]
    pub fn sent_upstream(&self) -> Message {
        self.read(|http| http.request.passed.clone())
    }

    /// The response, or the local reply, as the client gets it: so much of it as has gone past the plugin.
    #[must_use]
    pub fn sent_downstream(&self) -> Message {
        self.read(|http| http.response.passed.clone())
    }

    /// What `%RESPONSE_CODE_DETAILS%` shows: the details of the last local reply, or who ended the stream; `None` as long as
    /// nobody answered.
    #[must_use]
    pub fn response_code_details(&self) -> Option<Vec<u8>> {
        self.read(|http| http.details.clone())
    }

    /// The request's headers as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_request_headers(&self) -> Headers {
        self.read(|http| http.request.headers.headers.clone())
    }

    /// The headers of the response or of the local reply as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_response_headers(&self) -> Headers {
        self.read(|http| http.response.headers.headers.clone())
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

    /// How often the plugin called foreign function `clear_route_cache`, or the hostcall of ABI 0.1.0.
    #[must_use]
    pub fn route_cache_clears(&self) -> u64 {
        self.handle.read(|stream| stream.route_cache_clears)
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

    /// Notes what Envoy records as the details where its filter finds the VM failed.
    pub(crate) fn record_failure(&mut self, details: &[u8]) -> Vec<u8> {
        let mut vm = self.handle.vm.lock();
        match drive::http(&mut vm, self.handle.id) {
            Some(http) => {
                let late = http.late_details.take();
                http.details
                    .insert(late.unwrap_or_else(|| details.to_vec()))
                    .clone()
            }
            None => details.to_vec(),
        }
    }

    fn read<T: Default>(&self, part: impl FnOnce(&HttpState) -> T) -> T {
        self.handle
            .read(|stream| stream.http().map(part).unwrap_or_default())
    }

    fn headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        direction: Direction,
        headers: &[(N, V)],
        end: EndOfStream,
    ) -> Outcome {
        let headers = map(headers);
        let awaited = |vm: &mut Vm, id| drive::awaits_headers(vm, id, direction);
        self.event(direction, awaited, |vm, id| {
            if direction == Direction::Response {
                drive::application_answers(vm, id);
            }
            deliver::headers(vm, id, direction, headers, end == EndOfStream::Yes)
        })
    }

    fn body(&mut self, direction: Direction, bytes: &[u8], end: EndOfStream) -> Outcome {
        let awaited = |vm: &mut Vm, id| drive::awaits_more(vm, id, direction);
        self.event(direction, awaited, |vm, id| {
            deliver::body(vm, id, direction, bytes, end == EndOfStream::Yes)
        })
    }

    fn trailers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        direction: Direction,
        trailers: &[(N, V)],
    ) -> Outcome {
        let trailers = map(trailers);
        let awaited = |vm: &mut Vm, id| drive::awaits_more(vm, id, direction);
        self.event(direction, awaited, |vm, id| {
            deliver::trailers(vm, id, direction, trailers)
        })
    }

    /// Lets something happen to the stream that it awaits.
    fn event(
        &mut self,
        direction: Direction,
        awaited: impl FnOnce(&mut Vm, u32) -> bool,
        event: impl FnOnce(&mut Vm, u32) -> Result<(), Trap>,
    ) -> Outcome {
        let id = self.handle.id;
        let mut vm = self.handle.vm.lock();
        if vm.failure().is_some() {
            return Outcome::Failed;
        }
        if !awaited(&mut vm, id) {
            return Outcome::OutOfOrder;
        }
        match events::happen(&mut vm, |vm| event(vm, id)) {
            Ok(()) => drive::outcome(&mut vm, id, direction),
            Err(trap) => Outcome::Trapped(trap),
        }
    }

    fn progress(&self, direction: Direction) -> Progress {
        let mut vm = self.handle.vm.lock();
        if vm.failure().is_some() {
            return Progress::Failed;
        }
        drive::http(&mut vm, self.handle.id).map_or(Progress::Awaited, |http| Progress::of(http, direction))
    }
}

fn map<N: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(N, V)]) -> Headers {
    pairs.iter().map(|(name, value)| (name, value)).collect()
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A trap here is kept as the VM's failure, where the plugin tells it.
        let _trap = self.finish();
    }
}
