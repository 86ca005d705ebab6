//! The root contexts of a VM: those that its plugins have in use, and older ones that live as long as their streams.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::root_state::RootState;
use crate::vm::trap::Trap;

/// A plugin's number in its VM, which it keeps through all its configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PluginId(u32);

/// Which root contexts are there, and how many plugins and streams each still has.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    plugins: u32,
    in_use: BTreeMap<PluginId, u32>,
    holders: BTreeMap<u32, usize>,
}

impl Roots {
    /// Numbers a plugin that has no root context yet.
    pub(crate) const fn new_plugin(&mut self) -> PluginId {
        self.plugins = self.plugins.saturating_add(1);
        PluginId(self.plugins)
    }

    /// The root context that new streams of the plugin belong to.
    pub(crate) fn of(&self, plugin: PluginId) -> Option<u32> {
        self.in_use.get(&plugin).copied()
    }

    /// Whether a plugin or a stream has this root context.
    pub(crate) fn is_held(&self, root: u32) -> bool {
        self.holders.contains_key(&root)
    }

    /// Puts a root context in use by the plugin; gives back the one before if nobody holds it any more.
    pub(crate) fn replace(&mut self, plugin: PluginId, root: u32) -> Option<u32> {
        self.hold(root);
        let before = self.in_use.insert(plugin, root)?;
        self.release(before)
    }

    /// Notes that a plugin is gone; gives its root context back if nobody else holds it.
    pub(crate) fn leave(&mut self, plugin: PluginId) -> Option<u32> {
        let root = self.in_use.remove(&plugin)?;
        self.release(root)
    }

    /// Notes that a stream of this root begins.
    pub(crate) fn hold(&mut self, root: u32) {
        let holders = self.holders.entry(root).or_insert(0);
        *holders = holders.saturating_add(1);
    }

    /// Notes that a stream of this root is gone; gives the root back if nobody else holds it.
    pub(crate) fn release(&mut self, root: u32) -> Option<u32> {
        let holders = self.holders.get_mut(&root)?;
        *holders = holders.saturating_sub(1);
        if *holders > 0 {
            return None;
        }
        self.holders.remove(&root);
        Some(root)
    }
}

/// The root context that is there for this plugin under this configuration already.
pub(crate) fn find(vm: &Vm, plugin: &RootState) -> Option<u32> {
    let mut roots = vm.state().roots.iter();
    let found = roots.find(|(root, known)| known.as_ref() == plugin && vm.roots.is_held(**root));
    found.map(|(root, _)| *root)
}

/// Numbers a root context; the guest does not hear of it yet.
pub(crate) fn new(vm: &mut Vm, plugin: RootState) -> u32 {
    let root = vm.new_context();
    vm.state_mut().roots.insert(root, Arc::new(plugin));
    vm.state_mut().calls.open_root(root);
    root
}

/// A root that asks for more time (`proxy_on_done` false) is deleted when it calls `proxy_done`; in a VM that failed nothing
/// runs.
pub(crate) fn delete(vm: &mut Vm, root: u32) -> Result<(), Trap> {
    if vm.failure().is_some() {
        return Ok(());
    }
    if let Some(done) = vm.exports.done.clone()
        && vm.call((Callback::Done, root), &done, root)? == 0
    {
        vm.state_mut().roots_ending.insert(root);
        return Ok(());
    }
    finish(vm, root)
}

/// Deletes a root that is done.
pub(crate) fn finish(vm: &mut Vm, root: u32) -> Result<(), Trap> {
    if let Some(delete) = vm.exports.delete.clone() {
        vm.call((Callback::Delete, root), &delete, root)?;
    }
    vm.state_mut().roots.remove(&root);
    vm.state_mut().calls.close_root(root);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_root_goes_with_its_last_stream() {
        let mut roots = Roots::default();
        let plugin = roots.new_plugin();
        assert_eq!(roots.replace(plugin, 1), None);
        roots.hold(1);
        roots.hold(1);
        assert_eq!(roots.replace(plugin, 4), None, "two streams still hold it");
        assert_eq!(roots.release(1), None);
        assert_eq!(roots.release(1), Some(1));
        assert_eq!(roots.of(plugin), Some(4));
    }

    #[test]
    fn an_older_root_without_streams_goes_at_once() {
        let mut roots = Roots::default();
        let plugin = roots.new_plugin();
        roots.replace(plugin, 1);
        assert_eq!(roots.replace(plugin, 2), Some(1));
    }

    #[test]
    fn the_root_in_use_stays_without_streams() {
        let mut roots = Roots::default();
        let plugin = roots.new_plugin();
        roots.replace(plugin, 1);
        roots.hold(1);
        assert_eq!(roots.release(1), None);
    }

    #[test]
    fn a_root_of_two_plugins_goes_with_the_second() {
        let mut roots = Roots::default();
        let [first, second] = [roots.new_plugin(), roots.new_plugin()];
        roots.replace(first, 1);
        roots.replace(second, 1);
        assert_eq!(roots.leave(first), None);
        assert_eq!(roots.leave(second), Some(1));
        assert!(!roots.is_held(1));
    }
}
