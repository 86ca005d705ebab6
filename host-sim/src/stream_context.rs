//! What streams of every kind have in common: a context in the VM, the root it belongs to, and what it cost.

use std::collections::BTreeMap;

use wasmtime::{TypedFunc, WasmParams, WasmResults};

use crate::callback::Callback;
use crate::plugin;
use crate::run::CallbackRun;
use crate::state::StreamState;
use crate::trap::Trap;
use crate::vm::{SharedVm, Vm};

/// A stream's context.
pub(crate) struct StreamContext {
    pub(crate) vm: SharedVm,
    pub(crate) id: u32,
    root: Option<u32>,
    pub(crate) runs: Vec<CallbackRun>,
}

impl StreamContext {
    /// Numbers a context of the root in use; the guest does not hear of it yet.
    pub(crate) fn begin(vm: SharedVm, state: StreamState) -> Self {
        let mut locked = vm.lock();
        let id = locked.new_context();
        let root = locked.roots.current();
        if let Some(root) = root {
            locked.roots.hold(root);
        }
        locked.state_mut().streams.insert(id, state);
        drop(locked);
        Self {
            vm,
            id,
            root,
            runs: Vec::new(),
        }
    }

    /// Makes the context in the guest, as Envoy does before the first callback of a stream.
    pub(crate) fn create(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        match (vm.exports.context_create.clone(), self.root) {
            (Some(create), Some(root)) => self.call(vm, Callback::ContextCreate, &create, (self.id, root)),
            (None, _) | (_, None) => Ok(()),
        }
    }

    /// Runs a callback for this context.
    pub(crate) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        vm: &mut Vm,
        callback: Callback,
        function: &TypedFunc<P, R>,
        parameters: P,
    ) -> Result<R, Trap> {
        vm.call((callback, self.id), function, parameters, &mut self.runs)
    }

    pub(crate) fn log(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        match vm.exports.log.clone() {
            Some(log) => self.call(vm, Callback::Log, &log, self.id),
            None => Ok(()),
        }
    }

    pub(crate) fn done(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        match vm.exports.done.clone() {
            Some(done) => self.call(vm, Callback::Done, &done, self.id).map(drop),
            None => Ok(()),
        }
    }

    pub(crate) fn delete(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        match vm.exports.delete.clone() {
            Some(delete) => self.call(vm, Callback::Delete, &delete, self.id),
            None => Ok(()),
        }
    }

    /// Lets go of the root, which goes too if this was the last stream of an older one.
    pub(crate) fn release_root(&mut self, vm: &mut Vm) -> Result<(), Trap> {
        let retired = self.root.take().and_then(|root| vm.roots.release(root));
        match retired {
            Some(root) if vm.failure().is_none() => plugin::delete_root(vm, root),
            Some(_) | None => Ok(()),
        }
    }

    /// Reads a part of what the host keeps for the stream.
    pub(crate) fn read<T: Default>(&self, part: impl FnOnce(&StreamState) -> T) -> T {
        let vm = self.vm.lock();
        vm.state().streams.get(&self.id).map(part).unwrap_or_default()
    }

    pub(crate) fn filter_state(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.read(|stream| stream.filter_state.get(key).cloned())
    }

    pub(crate) fn all_filter_state(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.read(|stream| stream.filter_state.clone())
    }

    /// Drops what the host keeps for the stream.
    pub(crate) fn forget(&self) {
        self.vm.lock().state_mut().streams.remove(&self.id);
    }
}
