//! What the host keeps of calls and timers for one VM.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::calls::clusters::Clusters;
use crate::calls::grpc::{GrpcCall, GrpcStream};
use crate::calls::grpc_service::Unreachable;
use crate::calls::http::HttpCall;
use crate::calls::ids::{CallIds, CallKind};
use crate::calls::root::{OpenStream, Pending, RootCalls};
use crate::calls::time::{Deadline, Due, Elapsed, Timer};

/// Calls and timers of all root contexts.
#[derive(Debug)]
pub(crate) struct Calls {
    pub(crate) clusters: Clusters,
    pub(crate) elapsed: Elapsed,
    ids: CallIds,
    /// Every context that is no stream's, by number; 0 is the VM's own.
    roots: BTreeMap<u32, RootCalls>,
    /// In the order of the hostcalls; told when the callback has returned.
    refused: VecDeque<Refused>,
}

/// A gRPC call that failed in the hostcall: the plugin has no number for it, and is told of its end all the same, as in
/// Envoy.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) root: u32,
    pub(crate) id: u32,
    pub(crate) kind: CallKind,
    pub(crate) why: Unreachable,
}

/// The context of the VM itself, which no plugin can end.
const VM: u32 = 0;

impl Calls {
    pub(crate) fn new(clusters: Clusters) -> Self {
        Self {
            clusters,
            elapsed: Elapsed::default(),
            ids: CallIds::default(),
            roots: BTreeMap::from([(VM, RootCalls::default())]),
            refused: VecDeque::new(),
        }
    }

    /// Notes that a root context is made.
    pub(crate) fn open_root(&mut self, root: u32) {
        self.roots.insert(root, RootCalls::default());
    }

    /// Drops everything that a root context has begun: nobody is there to hear of it.
    pub(crate) fn close_root(&mut self, root: u32) {
        self.roots.remove(&root);
    }

    /// What a root context has begun; `None` for any other number.
    pub(crate) fn root(&self, root: u32) -> Option<&RootCalls> {
        self.roots.get(&root)
    }

    pub(crate) fn root_mut(&mut self, root: u32) -> Option<&mut RootCalls> {
        self.roots.get_mut(&root)
    }

    /// The number of a new call.
    pub(crate) const fn new_id(&mut self, kind: CallKind) -> u32 {
        self.ids.next(kind)
    }

    /// When a call that is made now is over without an answer.
    fn deadline(&mut self, timeout: Option<Duration>) -> Option<Deadline> {
        timeout.map(|timeout| self.elapsed.deadline(timeout))
    }

    pub(crate) fn begin_http(&mut self, call: HttpCall) {
        let due = self.deadline(call.timeout);
        if let Some(root) = self.roots.get_mut(&call.context) {
            root.http.insert(call.id, Pending { call, due });
        }
    }

    pub(crate) fn begin_grpc(&mut self, call: GrpcCall) {
        let due = self.deadline(call.timeout);
        if let Some(root) = self.roots.get_mut(&call.context) {
            root.grpc_calls.insert(call.id, Pending { call, due });
        }
    }

    pub(crate) fn begin_stream(&mut self, stream: GrpcStream) {
        let open = OpenStream {
            closed_here: false,
            closed_there: false,
            stream,
        };
        if let Some(root) = self.roots.get_mut(&open.stream.context) {
            root.grpc_streams.insert(open.stream.id, open);
        }
    }

    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.refused.push_back(refused);
    }

    pub(crate) fn take_refused(&mut self) -> Option<Refused> {
        self.refused.pop_front()
    }

    /// Sets the period of a root context's timer, which begins anew; zero turns it off.
    pub(crate) fn set_period(&mut self, root: u32, period: Duration) {
        let due = self.elapsed.deadline(period);
        if let Some(root) = self.roots.get_mut(&root) {
            root.timer = (!period.is_zero()).then_some(Timer { period, due });
        }
    }

    /// Begins the next period of a timer that runs.
    pub(crate) fn rearm(&mut self, root: u32) {
        if let Some(timer) = self.root(root).and_then(|root| root.timer) {
            self.set_period(root, timer.period);
        }
    }

    /// What is due first of all.
    pub(crate) fn next_due(&self) -> Option<(Deadline, Due)> {
        let all = self.roots.iter().flat_map(|(id, root)| root.deadlines(*id));
        all.min_by_key(|(deadline, _)| *deadline)
    }

    /// The root context of the call with this number, while it is pending.
    pub(crate) fn caller(&self, kind: CallKind, id: u32) -> Option<u32> {
        let has = |root: &RootCalls| match kind {
            CallKind::Http => root.http.contains_key(&id),
            CallKind::GrpcCall => root.grpc_calls.contains_key(&id),
            CallKind::GrpcStream => root.grpc_streams.get(&id).is_some_and(|open| !open.closed_there),
        };
        self.roots.iter().find(|(_, root)| has(root)).map(|(id, _)| *id)
    }

    pub(crate) fn http_calls(&self) -> Vec<HttpCall> {
        let pending = self.roots.values().flat_map(|root| root.http.values());
        in_order(pending.map(|pending| pending.call.clone()), |call| call.id)
    }

    pub(crate) fn grpc_calls(&self) -> Vec<GrpcCall> {
        let pending = self.roots.values().flat_map(|root| root.grpc_calls.values());
        in_order(pending.map(|pending| pending.call.clone()), |call| call.id)
    }

    pub(crate) fn grpc_streams(&self) -> Vec<GrpcStream> {
        let open = self.roots.values().flat_map(|root| root.grpc_streams.values());
        let open = open.filter(|open| !open.closed_there);
        in_order(open.map(|open| open.stream.clone()), |stream| stream.id)
    }
}

/// The calls of several root contexts as they were made.
fn in_order<T>(calls: impl Iterator<Item = T>, id: impl Fn(&T) -> u32) -> Vec<T> {
    let mut calls: Vec<T> = calls.collect();
    calls.sort_by_key(id);
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn with_roots() -> Calls {
        let mut calls = Calls::new(Clusters::new());
        [1, 2].into_iter().for_each(|root| calls.open_root(root));
        calls
    }

    fn next(calls: &Calls) -> Option<(Duration, Due)> {
        calls.next_due().map(|(deadline, due)| (deadline.at, due))
    }

    #[test]
    fn of_two_timers_at_one_time_the_one_set_first_is_due_first() {
        let mut calls = with_roots();
        calls.set_period(2, SECOND);
        calls.set_period(1, SECOND);
        assert_eq!(next(&calls), Some((SECOND, Due::Tick(2))));
        calls.rearm(2);
        assert_eq!(next(&calls), Some((SECOND, Due::Tick(1))));
    }

    #[test]
    fn a_period_begins_when_it_is_set_and_none_is_zero() {
        let mut calls = with_roots();
        calls.set_period(1, SECOND);
        calls.elapsed.now = SECOND / 2;
        calls.set_period(1, SECOND);
        assert_eq!(next(&calls), Some((SECOND * 3 / 2, Due::Tick(1))));
        calls.set_period(1, Duration::ZERO);
        calls.rearm(1);
        assert_eq!(next(&calls), None);
    }

    #[test]
    fn a_timer_goes_with_its_root() {
        let mut calls = with_roots();
        calls.set_period(1, SECOND);
        calls.close_root(1);
        calls.set_period(1, SECOND);
        assert_eq!(next(&calls), None);
    }
}
