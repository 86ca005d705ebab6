//! What streams of every kind have in common in the VM: a context, the root that it belongs to, and its last callbacks.

use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::roots::{self, PluginId};
use crate::vm::stream_state::StreamState;
use crate::vm::trap::Trap;

impl Vm {
    /// Numbers a context of the root that the plugin has in use; the guest does not hear of it yet.
    pub(crate) fn begin_stream(&mut self, plugin: PluginId, mut stream: StreamState) -> u32 {
        let id = self.new_context();
        stream.root = self.roots.of(plugin);
        stream.began = self.state().clock.nanoseconds();
        if let Some(root) = stream.root {
            self.roots.hold(root);
            stream.plugin = self.state().roots.get(&root).cloned();
        }
        self.state_mut().streams.insert(id, stream);
        id
    }

    pub(crate) fn stream(&self, id: u32) -> Option<&StreamState> {
        self.state().streams.get(&id)
    }

    pub(crate) fn stream_mut(&mut self, id: u32) -> Option<&mut StreamState> {
        self.state_mut().streams.get_mut(&id)
    }

    /// Makes the context in the guest, as Envoy does before the first callback of a stream.
    pub(crate) fn create_context(&mut self, id: u32) -> Result<(), Trap> {
        let root = self.stream(id).and_then(|stream| stream.root);
        match (self.exports.context_create.clone(), root) {
            (Some(create), Some(root)) => self.call((Callback::ContextCreate, id), &create, (id, root)),
            (None, _) | (_, None) => Ok(()),
        }
    }

    pub(crate) fn log_stream(&mut self, id: u32) -> Result<(), Trap> {
        match self.exports.log.clone() {
            Some(log) => self.call((Callback::Log, id), &log, id),
            None => Ok(()),
        }
    }

    /// Whether the plugin is done with the stream; what it answers changes nothing, as in Envoy.
    pub(crate) fn done_stream(&mut self, id: u32) -> Result<(), Trap> {
        match self.exports.done.clone() {
            Some(done) => self.call((Callback::Done, id), &done, id).map(drop),
            None => Ok(()),
        }
    }

    pub(crate) fn delete_stream(&mut self, id: u32) -> Result<(), Trap> {
        match self.exports.delete.clone() {
            Some(delete) => self.call((Callback::Delete, id), &delete, id),
            None => Ok(()),
        }
    }

    /// Lets go of the stream's root, which goes too if this was the last stream of an older one.
    pub(crate) fn release_root(&mut self, id: u32) -> Result<(), Trap> {
        let root = self.stream_mut(id).and_then(|stream| stream.root.take());
        let retired = root.and_then(|root| self.roots.release(root));
        retired.map_or(Ok(()), |root| roots::delete(self, root))
    }

    /// Drops what the host keeps for the stream.
    pub(crate) fn forget_stream(&mut self, id: u32) {
        let state = self.state_mut();
        state.streams.remove(&id);
        state.declared.forget(id);
    }
}
