//! Shared queues: entries in order, and who is told of each.

use std::collections::{BTreeMap, VecDeque};

use crate::abi::Status;
use crate::shared::member::MemberId;

/// The queues of a process, and what their listeners have not been told yet.
#[derive(Debug, Default)]
pub(crate) struct SharedQueues {
    queues: BTreeMap<u32, Queue>,
    last_token: u32,
    ready: VecDeque<Ready>,
}

#[derive(Debug)]
struct Queue {
    vm_id: Vec<u8>,
    name: Vec<u8>,
    entries: VecDeque<Vec<u8>>,
    listener: Listener,
}

/// The root context that registered a queue last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listener {
    pub(crate) member: MemberId,
    pub(crate) root: u32,
}

/// An entry was put into a queue, and this listener is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) listener: Listener,
    pub(crate) token: u32,
}

impl SharedQueues {
    /// The token of a queue, which is made if it is not there; who registers last listens, and entries stay.
    pub(crate) fn register(&mut self, vm_id: &[u8], name: &[u8], listener: Listener) -> Result<u32, Status> {
        if let Ok(token) = self.resolve(vm_id, name) {
            self.queue(token)?.listener = listener;
            return Ok(token);
        }
        let token = self.last_token.checked_add(1).ok_or(Status::InternalFailure)?;
        self.last_token = token;
        self.queues.insert(token, Queue::new(vm_id, name, listener));
        Ok(token)
    }

    /// The token of a queue that was registered under this `vm_id`.
    pub(crate) fn resolve(&self, vm_id: &[u8], name: &[u8]) -> Result<u32, Status> {
        let mut queues = self.queues.iter();
        let found = queues.find(|(_, queue)| queue.vm_id == vm_id && queue.name == name);
        found.map(|(token, _)| *token).ok_or(Status::NotFound)
    }

    /// Puts an entry at the end; the listener is to be told once for each.
    pub(crate) fn enqueue(&mut self, token: u32, entry: Vec<u8>) -> Result<(), Status> {
        let queue = self.queue(token)?;
        queue.entries.push_back(entry);
        let listener = queue.listener;
        self.ready.push_back(Ready { listener, token });
        Ok(())
    }

    /// Takes the oldest entry.
    pub(crate) fn dequeue(&mut self, token: u32) -> Result<Vec<u8>, Status> {
        self.queue(token)?.entries.pop_front().ok_or(Status::Empty)
    }

    /// The entries of a queue, oldest first.
    pub(crate) fn entries(&self, token: u32) -> Option<Vec<Vec<u8>>> {
        let queue = self.queues.get(&token)?;
        Some(queue.entries.iter().cloned().collect())
    }

    /// Takes what a VM has not been told yet, oldest first.
    pub(crate) fn take_ready(&mut self, member: MemberId) -> Vec<Ready> {
        let (mine, others) = std::mem::take(&mut self.ready)
            .into_iter()
            .partition(|ready| ready.listener.member == member);
        self.ready = others;
        Vec::from_iter::<VecDeque<_>>(mine)
    }

    /// Drops every queue of this `vm_id`; their tokens are not given again.
    pub(crate) fn forget(&mut self, vm_id: &[u8]) {
        self.queues.retain(|_, queue| queue.vm_id != vm_id);
    }

    fn queue(&mut self, token: u32) -> Result<&mut Queue, Status> {
        self.queues.get_mut(&token).ok_or(Status::NotFound)
    }
}

impl Queue {
    fn new(vm_id: &[u8], name: &[u8], listener: Listener) -> Self {
        Self {
            vm_id: vm_id.to_vec(),
            name: name.to_vec(),
            entries: VecDeque::new(),
            listener,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Listener = Listener {
        member: MemberId::new(1),
        root: 1,
    };
    const SECOND: Listener = Listener {
        member: MemberId::new(2),
        root: 5,
    };

    fn register(queues: &mut SharedQueues, listener: Listener) -> u32 {
        queues.register(b"vm", b"jobs", listener).unwrap()
    }

    #[test]
    fn a_queue_has_one_token_whoever_registers_it() {
        let mut queues = SharedQueues::default();
        assert_eq!(register(&mut queues, FIRST), 1);
        assert_eq!(queues.register(b"vm", b"other", FIRST), Ok(2));
        assert_eq!(register(&mut queues, SECOND), 1);
        assert_eq!(queues.resolve(b"vm", b"jobs"), Ok(1));
        assert_eq!(queues.resolve(b"other", b"jobs"), Err(Status::NotFound));
    }

    #[test]
    fn entries_come_out_in_the_order_they_went_in() {
        let mut queues = SharedQueues::default();
        let token = register(&mut queues, FIRST);
        queues.enqueue(token, b"a".to_vec()).unwrap();
        queues.enqueue(token, b"b".to_vec()).unwrap();
        assert_eq!(queues.dequeue(token), Ok(b"a".to_vec()));
        assert_eq!(queues.dequeue(token), Ok(b"b".to_vec()));
        assert_eq!(queues.dequeue(token), Err(Status::Empty));
        assert_eq!(queues.dequeue(9), Err(Status::NotFound));
        assert_eq!(queues.enqueue(9, Vec::new()), Err(Status::NotFound));
    }

    #[test]
    fn the_listener_at_the_time_of_an_entry_is_told_of_it() {
        let mut queues = SharedQueues::default();
        let token = register(&mut queues, FIRST);
        queues.enqueue(token, b"a".to_vec()).unwrap();
        register(&mut queues, SECOND);
        queues.enqueue(token, b"b".to_vec()).unwrap();
        let listener = SECOND;
        assert_eq!(queues.take_ready(SECOND.member), [Ready { listener, token }]);
        assert_eq!(queues.take_ready(SECOND.member), []);
        assert_eq!(queues.take_ready(FIRST.member).len(), 1);
        assert_eq!(queues.entries(token).unwrap().len(), 2, "entries stay");
    }

    #[test]
    fn a_token_is_not_given_again() {
        let mut queues = SharedQueues::default();
        let token = register(&mut queues, FIRST);
        queues.forget(b"vm");
        assert_eq!(queues.dequeue(token), Err(Status::NotFound));
        assert_eq!(register(&mut queues, FIRST), 2);
    }
}
