//! The root contexts of a VM: the one in use, and older ones that live as long as their streams.

use std::collections::BTreeMap;

use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::trap::Trap;

/// Which root contexts are there, and how many streams each still has.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    current: Option<u32>,
    streams: BTreeMap<u32, usize>,
}

impl Roots {
    /// The root context that new streams belong to.
    pub(crate) const fn current(&self) -> Option<u32> {
        self.current
    }

    /// Puts a root context in use; gives back the one before if no stream holds it any more.
    pub(crate) fn replace(&mut self, root: u32) -> Option<u32> {
        self.streams.insert(root, 0);
        let before = self.current.replace(root)?;
        self.retire(before)
    }

    /// Notes that a stream of this root begins.
    pub(crate) fn hold(&mut self, root: u32) {
        let streams = self.streams.entry(root).or_insert(0);
        *streams = streams.saturating_add(1);
    }

    /// Notes that a stream of this root is gone; gives the root back if that was the last of an older one.
    pub(crate) fn release(&mut self, root: u32) -> Option<u32> {
        let streams = self.streams.get_mut(&root)?;
        *streams = streams.saturating_sub(1);
        self.retire(root)
    }

    fn retire(&mut self, root: u32) -> Option<u32> {
        let idle = self.current != Some(root) && self.streams.get(&root) == Some(&0);
        if !idle {
            return None;
        }
        self.streams.remove(&root);
        Some(root)
    }
}

/// A root that asks for more time (`proxy_on_done` false) is not deleted.
pub(crate) fn delete(vm: &mut Vm, root: u32) -> Result<(), Trap> {
    if let Some(done) = vm.exports.done.clone()
        && vm.call((Callback::Done, root), &done, root)? == 0
    {
        return Ok(());
    }
    match vm.exports.delete.clone() {
        Some(delete) => vm.call((Callback::Delete, root), &delete, root),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_root_goes_with_its_last_stream() {
        let mut roots = Roots::default();
        assert_eq!(roots.replace(1), None);
        roots.hold(1);
        roots.hold(1);
        assert_eq!(roots.replace(4), None, "two streams still hold it");
        assert_eq!(roots.release(1), None);
        assert_eq!(roots.release(1), Some(1));
        assert_eq!(roots.current(), Some(4));
    }

    #[test]
    fn an_older_root_without_streams_goes_at_once() {
        let mut roots = Roots::default();
        roots.replace(1);
        assert_eq!(roots.replace(2), Some(1));
    }

    #[test]
    fn the_root_in_use_stays_without_streams() {
        let mut roots = Roots::default();
        roots.replace(1);
        roots.hold(1);
        assert_eq!(roots.release(1), None);
    }
}
