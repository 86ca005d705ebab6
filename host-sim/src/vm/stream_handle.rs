//! What the handles of streams of every kind have in common: the VM, the context's number, and what can be read.

use std::collections::BTreeMap;

use crate::trace::list::Trace;
use crate::vm::SharedVm;
use crate::vm::callback::Callback;
use crate::vm::roots::PluginId;
use crate::vm::run::{self, CallbackRun};
use crate::vm::stream_state::StreamState;

/// A plugin in its VM: whom a new stream belongs to.
pub(crate) struct PluginRef {
    pub(crate) vm: SharedVm,
    pub(crate) plugin: PluginId,
}

/// A stream as a test holds it.
pub(crate) struct StreamHandle {
    pub(crate) vm: SharedVm,
    pub(crate) id: u32,
}

impl StreamHandle {
    pub(crate) fn begin(of: PluginRef, stream: StreamState) -> Self {
        let PluginRef { vm, plugin } = of;
        let id = vm.lock().begin_stream(plugin, stream);
        Self { vm, id }
    }

    /// Reads a part of what the host keeps for the stream.
    pub(crate) fn read<T: Default>(&self, part: impl FnOnce(&StreamState) -> T) -> T {
        self.vm.lock().stream(self.id).map(part).unwrap_or_default()
    }

    pub(crate) fn filter_state(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.read(|stream| stream.filter_state.get(key).cloned())
    }

    pub(crate) fn all_filter_state(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.read(|stream| stream.filter_state.clone())
    }

    pub(crate) fn runs(&self) -> Vec<CallbackRun> {
        self.read(|stream| stream.runs.clone())
    }

    pub(crate) fn fuel(&self, callback: Callback) -> u64 {
        self.read(|stream| run::fuel_of(&stream.runs, callback))
    }

    pub(crate) fn trace(&self) -> Trace {
        self.vm.lock().state().trace().of_context(self.id)
    }

    pub(crate) fn hostcalls(&self) -> BTreeMap<&'static str, u64> {
        self.read(|stream| run::hostcalls_of(&stream.runs))
    }
}

impl Drop for StreamHandle {
    fn drop(&mut self) {
        self.vm.lock().forget_stream(self.id);
    }
}
