//! [`Process`]: what stands for one Envoy process, around any number of VMs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::abi::Status;
use crate::shared::data::SharedData;
use crate::shared::member::{Member, MemberId};
use crate::shared::metrics::Metrics;
use crate::shared::queues::SharedQueues;

/// One Envoy process: its VMs share metrics, and those of one `vm_id` shared data and queues.
///
/// Cheap to clone, and every clone stands for the same process, over threads too. Shared data and queues of a `vm_id` go with
/// its last VM, as in Envoy; metrics stay.
#[derive(Clone, Default)]
pub struct Process {
    shared: Arc<Mutex<Shared>>,
}

/// What is shared.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) data: SharedData,
    pub(crate) queues: SharedQueues,
    pub(crate) metrics: Metrics,
    members: u64,
    /// How many VMs there are of each `vm_id`.
    vms: BTreeMap<Vec<u8>, usize>,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        f.debug_struct("Process")
            .field("vms", &shared.vms.values().sum::<usize>())
            .field("metrics", &shared.metrics)
            .finish_non_exhaustive()
    }
}

impl Process {
    /// A process without VMs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The shared data that VMs of this `vm_id` have under a key; `None` where there is none.
    #[must_use]
    pub fn shared_data(&self, vm_id: &str, key: impl AsRef<[u8]>) -> Option<Vec<u8>> {
        let shared = self.lock();
        let entry = shared.data.get(vm_id.as_bytes(), key.as_ref()).ok()?;
        Some(entry.value.clone())
    }

    /// Sets shared data as another VM of this `vm_id` would, without a check of what is there.
    pub fn set_shared_data(&self, vm_id: &str, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        let mut shared = self.lock();
        let set = shared.data.set(vm_id.as_bytes(), key.into(), value.into(), 0);
        debug_assert!(set.is_ok(), "nothing is compared");
    }

    /// The entries of a queue that was registered under this `vm_id`, oldest first; `None` where there is no such queue.
    #[must_use]
    pub fn queue(&self, vm_id: &str, name: impl AsRef<[u8]>) -> Option<Vec<Vec<u8>>> {
        let shared = self.lock();
        let token = shared.queues.resolve(vm_id.as_bytes(), name.as_ref()).ok()?;
        shared.queues.entries(token)
    }

    /// Puts an entry into a queue as another VM would: [`Plugin::deliver_queues`](crate::Plugin::deliver_queues) tells the one
    /// that registered it.
    ///
    /// # Errors
    /// [`Status::NotFound`] where no queue of this name was registered under this `vm_id`.
    pub fn enqueue(
        &self,
        vm_id: &str,
        name: impl AsRef<[u8]>,
        entry: impl Into<Vec<u8>>,
    ) -> Result<(), Status> {
        let mut shared = self.lock();
        let token = shared.queues.resolve(vm_id.as_bytes(), name.as_ref())?;
        shared.queues.enqueue(token, entry.into())
    }

    /// The metrics of all VMs as they are now.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.lock().metrics.clone()
    }

    /// Takes a VM in, until its member is dropped.
    pub(crate) fn join(&self, vm_id: &str) -> Member {
        let mut shared = self.lock();
        shared.members = shared.members.saturating_add(1);
        let vms = shared.vms.entry(vm_id.into()).or_insert(0);
        *vms = vms.saturating_add(1);
        let id = MemberId::new(shared.members);
        Member::new(self.clone(), id, vm_id.into())
    }

    /// What is shared, whatever a thread that died left of it: each change is made at once.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Notes that a VM is gone; what only VMs of its `vm_id` can reach goes with the last of them.
    pub(crate) fn leave(&mut self, vm_id: &[u8], member: MemberId) {
        drop(self.queues.take_ready(member));
        let Some(vms) = self.vms.get_mut(vm_id) else {
            return;
        };
        *vms = vms.saturating_sub(1);
        if *vms == 0 {
            self.vms.remove(vm_id);
            self.data.forget(vm_id);
            self.queues.forget(vm_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_and_queues_go_with_the_last_vm_of_their_vm_id() {
        let process = Process::new();
        let [first, second, other] = ["a", "a", "b"].map(|vm_id| process.join(vm_id));
        first.set_data(b"key".to_vec(), b"1".to_vec(), 0).unwrap();
        other.set_data(b"key".to_vec(), b"2".to_vec(), 0).unwrap();
        first.register_queue(b"jobs", 1).unwrap();
        drop(first);
        assert_eq!(process.shared_data("a", "key"), Some(b"1".to_vec()));
        drop(second);
        assert_eq!(process.shared_data("a", "key"), None);
        assert_eq!(process.queue("a", "jobs"), None);
        assert_eq!(process.shared_data("b", "key"), Some(b"2".to_vec()));
    }

    #[test]
    fn what_a_lost_vm_was_to_be_told_is_told_to_nobody() {
        let process = Process::new();
        let [first, second] = ["a", "a"].map(|vm_id| process.join(vm_id));
        first.register_queue(b"jobs", 1).unwrap();
        process.enqueue("a", "jobs", *b"x").unwrap();
        drop(first);
        assert_eq!(second.take_ready(), []);
        assert_eq!(process.queue("a", "jobs"), Some(vec![b"x".to_vec()]));
    }

    #[test]
    fn a_test_may_put_data_in_place_before_there_is_a_vm() {
        let process = Process::new();
        process.set_shared_data("a", *b"key", *b"before");
        let member = process.join("a");
        assert_eq!(member.data(b"key").unwrap().value, b"before");
    }
}
