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
use crate::plugin;
use crate::properties::Properties;
use crate::run::{self, CallbackRun};
use crate::state::{MapSlot, StreamState};
use crate::trap::Trap;
use crate::vm::{SharedVm, Vm};

/// An HTTP stream. One that is dropped is finished first.
pub struct Stream {
    vm: SharedVm,
    context: u32,
    root: Option<u32>,
    stage: Stage,
    runs: Vec<CallbackRun>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { context, stage, .. } = self;
        f.debug_struct("Stream")
            .field("context", context)
            .field("stage", stage)
            .finish_non_exhaustive()
    }
}

impl Stream {
    pub(crate) fn begin(vm: SharedVm, properties: Properties) -> Self {
        let mut locked = vm.lock();
        let context = locked.new_context();
        let root = locked.roots.current();
        if let Some(root) = root {
            locked.roots.hold(root);
        }
        let state = StreamState {
            properties,
            ..StreamState::default()
        };
        locked.state_mut().streams.insert(context, state);
        drop(locked);
        Self {
            vm,
            context,
            root,
            stage: Stage::Begun,
            runs: Vec::new(),
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
        let vm = self.vm.clone();
        let mut vm = vm.lock();
        let ended = if created && vm.failure().is_none() {
            self.end(&mut vm)
        } else {
            Ok(())
        };
        ended.and(self.release_root(&mut vm))
    }

    /// The request's headers as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_request_headers(&self) -> Headers {
        self.read(|stream| stream.request_headers.headers.clone())
    }

    /// The headers of the response or of the local reply as they are now, with the plugin's changes.
    #[must_use]
    pub fn current_response_headers(&self) -> Headers {
        self.read(|stream| stream.response_headers.headers.clone())
    }

    /// The property that the plugin set under this path; segments are joined by NUL.
    #[must_use]
    pub fn property_set(&self, path: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.filter_state(filter_state_key(path.as_ref()))
    }

    /// The filter state under Envoy's key: `wasm.` and the path that the plugin set, as an access log names it.
    #[must_use]
    pub fn filter_state(&self, key: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        self.read(|stream| stream.filter_state.get(key.as_ref()).cloned())
    }

    /// Everything that the plugin set, by Envoy's key.
    #[must_use]
    pub fn all_filter_state(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.read(|stream| stream.filter_state.clone())
    }

    /// The reply that the plugin gave.
    #[must_use]
    pub fn local_reply(&self) -> Option<LocalReply> {
        self.read(|stream| stream.local_reply.clone())
    }

    /// Every callback of this stream so far, in order.
    #[must_use]
    pub fn runs(&self) -> &[CallbackRun] {
        &self.runs
    }

    /// Fuel of all runs of one callback of this stream; 0 where it did not run.
    #[must_use]
    pub fn fuel(&self, callback: Callback) -> u64 {
        run::fuel_of(&self.runs, callback)
    }

    /// Hostcalls of all callbacks of this stream so far, by name.
    #[must_use]
    pub fn hostcalls(&self) -> BTreeMap<&'static str, u64> {
        run::hostcalls_of(&self.runs)
    }

    fn read<T: Default>(&self, part: impl FnOnce(&StreamState) -> T) -> T {
        self.vm
            .lock()
            .state()
            .streams
            .get(&self.context)
            .map(part)
            .unwrap_or_default()
    }

    fn headers(&mut self, direction: Direction, headers: Headers, end: EndOfStream) -> Outcome {
        let vm = self.vm.clone();
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
        let stream = vm.state().streams.get(&self.context);
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
        self.create(vm)?;
        self.stage = direction.stage();
        let count = u32::try_from(headers.len()).unwrap_or(u32::MAX);
        if let Some(stream) = vm.state_mut().streams.get_mut(&self.context) {
            *direction.slot(stream) = MapSlot::arrived(headers);
        }
        let Some(function) = direction.export(vm).clone() else {
            return Ok(Action::Continue);
        };
        let parameters = (self.context, count, u32::from(end == EndOfStream::Yes));
        let action = vm.call(
            (direction.callback(), self.context),
            &function,
            parameters,
            &mut self.runs,
        )?;
        Ok(Action::try_from(action).unwrap_or(Action::Pause))
    }

    /// Makes the stream's context in the guest, as Envoy does before the first headers.
    fn create(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        let create = vm.exports.context_create.clone();
        match (self.stage, create, self.root) {
            (Stage::Begun, Some(create), Some(root)) => {
                let parameters = (self.context, root);
                vm.call(
                    (Callback::ContextCreate, self.context),
                    &create,
                    parameters,
                    &mut self.runs,
                )
            }
            (Stage::Begun | Stage::RequestHeaders | Stage::ResponseHeaders | Stage::Finished, _, _) => Ok(()),
        }
    }

    fn conclude(&mut self, vm: &mut Vm, direction: Direction, action: Action) -> Outcome {
        let Some(stream) = vm.state_mut().streams.get_mut(&self.context) else {
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
        let stream = vm.state().streams.get(&self.context);
        stream
            .map(|stream| stream.request_headers.headers.clone())
            .unwrap_or_default()
    }

    fn end(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        let context = self.context;
        if let Some(log) = vm.exports.log.clone() {
            vm.call((Callback::Log, context), &log, context, &mut self.runs)?;
        }
        if let Some(done) = vm.exports.done.clone() {
            vm.call((Callback::Done, context), &done, context, &mut self.runs)?;
        }
        match vm.exports.delete.clone() {
            Some(delete) => vm.call((Callback::Delete, context), &delete, context, &mut self.runs),
            None => Ok(()),
        }
    }

    fn release_root(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        let retired = self.root.take().and_then(|root| vm.roots.release(root));
        match retired {
            Some(root) if vm.failure().is_none() => plugin::delete_root(vm, root),
            Some(_) | None => Ok(()),
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // A trap here is kept as the VM's failure, where the plugin tells it.
        let _trap = self.finish();
        self.vm.lock().state_mut().streams.remove(&self.context);
    }
}
