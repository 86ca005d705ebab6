//! A VM's place in its process: every hostcall on what is shared goes through it.

use std::sync::MutexGuard;

use crate::abi::{MetricKind, Status};
use crate::shared::data::Entry;
use crate::shared::metric_ids::MetricIds;
use crate::shared::process::{Process, Shared};
use crate::shared::queues::{Listener, Ready};

/// Tells the VMs of a process apart; a number is not given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemberId(u64);

impl MemberId {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// One VM as its process knows it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Member {
    process: Process,
    id: MemberId,
    vm_id: Vec<u8>,
    metric_ids: MetricIds,
}

impl Member {
    pub(crate) fn new(process: Process, id: MemberId, vm_id: Vec<u8>) -> Self {
        Self {
            process,
            id,
            vm_id,
            metric_ids: MetricIds::default(),
        }
    }

    pub(crate) const fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) fn data(&self, key: &[u8]) -> Result<Entry, Status> {
        self.shared().data.get(&self.vm_id, key).cloned()
    }

    pub(crate) fn set_data(&self, key: Vec<u8>, value: Vec<u8>, cas: u32) -> Result<(), Status> {
        self.shared().data.set(&self.vm_id, key, value, cas)
    }

    /// Registers a queue of the VM's own `vm_id`, which this root context listens to from now on.
    pub(crate) fn register_queue(&self, name: &[u8], root: u32) -> Result<u32, Status> {
        let member = self.id;
        let listener = Listener { member, root };
        self.shared().queues.register(&self.vm_id, name, listener)
    }

    /// The token of a queue of any `vm_id`; none given is the VM's own.
    pub(crate) fn resolve_queue(&self, vm_id: &[u8], name: &[u8]) -> Result<u32, Status> {
        let vm_id = if vm_id.is_empty() { &self.vm_id } else { vm_id };
        self.shared().queues.resolve(vm_id, name)
    }

    pub(crate) fn enqueue(&self, token: u32, entry: Vec<u8>) -> Result<(), Status> {
        self.shared().queues.enqueue(token, entry)
    }

    pub(crate) fn dequeue(&self, token: u32) -> Result<Vec<u8>, Status> {
        self.shared().queues.dequeue(token)
    }

    /// Takes what the VM's root contexts have not been told of their queues yet.
    pub(crate) fn take_ready(&self) -> Vec<Ready> {
        self.shared().queues.take_ready(self.id)
    }

    /// Gives a metric another id of this VM's; the metric is made if no VM of the process has it yet.
    pub(crate) fn define_metric(&mut self, kind: MetricKind, name: Vec<u8>) -> Result<u32, Status> {
        let place = self.process.lock().metrics.define(kind, name);
        self.metric_ids.give(kind, place)
    }

    pub(crate) fn increment_metric(&self, id: u32, offset: i64) -> Result<(), Status> {
        let place = self.metric_ids.of_one_value(id)?;
        self.shared().metrics.increment(place, offset)
    }

    pub(crate) fn record_metric(&self, id: u32, value: u64) -> Result<(), Status> {
        let place = self.metric_ids.of_any(id)?;
        self.shared().metrics.record(place, value)
    }

    pub(crate) fn metric(&self, id: u32) -> Result<u64, Status> {
        let place = self.metric_ids.of_one_value(id)?;
        self.shared().metrics.value(place)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.process.lock()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.process.lock().leave(&self.vm_id, self.id);
    }
}
