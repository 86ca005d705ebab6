//! What a test sees of a plugin's calls and timers, and how it answers them and moves time.

use std::time::Duration;

use crate::calls::drive;
use crate::calls::error::EventError;
use crate::calls::grpc::{GrpcCall, GrpcStream};
use crate::calls::grpc_answer::{GrpcAnswer, GrpcReceived};
use crate::calls::http::{HttpAnswer, HttpCall};
use crate::calls::ids::CallKind;
use crate::events;
use crate::plugin::Plugin;
use crate::vm::Vm;
use crate::vm::trap::Trap;

/// How many events one [`Plugin::advance`] lets happen.
const MOST_EVENTS: usize = 100_000;

/// Outgoing calls and time. Nothing happens by itself: a call waits until the test answers it, lets it fail or advances
/// time beyond its timeout, and a timer until the test advances time.
impl Plugin {
    /// The HTTP calls that await an answer, in the order in which they were made.
    #[must_use]
    pub fn http_calls(&self) -> Vec<HttpCall> {
        self.vm.lock().state().calls.http_calls()
    }

    /// Answers an HTTP call: `proxy_on_http_call_response`, during which the plugin can read the answer.
    ///
    /// # Errors
    /// [`EventError::NotPending`] where there is no such call; [`EventError::Trapped`] and [`EventError::Failed`].
    pub fn answer_http_call(&mut self, id: u32, answer: HttpAnswer) -> Result<(), EventError> {
        self.called(CallKind::Http, id, |vm, root| {
            drive::http_answered(vm, root, id, answer)
        })
    }

    /// Breaks an HTTP call off: `proxy_on_http_call_response` with three zeros, and status 11 and `reset` in
    /// `proxy_get_status`. Envoy does so when the upstream resets the stream; a host that does not answer in time, or
    /// that nobody can connect to, is an answer with status 504 or 503.
    ///
    /// # Errors
    /// As [`Plugin::answer_http_call`].
    pub fn fail_http_call(&mut self, id: u32) -> Result<(), EventError> {
        self.called(CallKind::Http, id, |vm, root| drive::http_failed(vm, root, id))
    }

    /// The gRPC calls that await an answer, in the order in which they were made.
    #[must_use]
    pub fn grpc_calls(&self) -> Vec<GrpcCall> {
        self.vm.lock().state().calls.grpc_calls()
    }

    /// Answers a gRPC call: `proxy_on_grpc_receive` with the message, or `proxy_on_grpc_close` with the failure.
    ///
    /// # Errors
    /// As [`Plugin::answer_http_call`].
    pub fn answer_grpc_call(&mut self, id: u32, answer: GrpcAnswer) -> Result<(), EventError> {
        self.called(CallKind::GrpcCall, id, |vm, root| {
            drive::grpc_answered(vm, root, id, answer)
        })
    }

    /// The gRPC streams that the other side has not closed, in the order in which they were begun.
    #[must_use]
    pub fn grpc_streams(&self) -> Vec<GrpcStream> {
        self.vm.lock().state().calls.grpc_streams()
    }

    /// Lets something come in on a gRPC stream; the other side may send what it likes, in any order, until it closes.
    ///
    /// # Errors
    /// As [`Plugin::answer_http_call`].
    pub fn receive_grpc(&mut self, id: u32, received: GrpcReceived) -> Result<(), EventError> {
        self.called(CallKind::GrpcStream, id, |vm, root| {
            drive::grpc_received(vm, root, id, received)
        })
    }

    /// Ends the period of the plugin's timer now, without moving time: `proxy_on_tick`, and the next period begins.
    ///
    /// # Errors
    /// [`EventError::TimerOff`]; [`EventError::Trapped`] and [`EventError::Failed`].
    pub fn tick(&mut self) -> Result<(), EventError> {
        let mut vm = self.vm.lock();
        alive(&vm)?;
        let timed = |root: &u32| {
            vm.state()
                .calls
                .root(*root)
                .is_some_and(|root| root.timer.is_some())
        };
        let root = vm.roots.of(self.id).filter(timed).ok_or(EventError::TimerOff)?;
        Ok(events::happen(&mut vm, |vm| drive::tick(vm, root))?)
    }

    /// Moves time on, and lets happen what becomes due, in the order of time: ticks of all root contexts of the VM, and
    /// the ends of calls that have a timeout. A fixed clock moves along; the system's is the machine's all the while.
    ///
    /// # Errors
    /// [`EventError::TooManyEvents`] after 100,000 events; [`EventError::Trapped`] and [`EventError::Failed`].
    pub fn advance(&mut self, time: Duration) -> Result<(), EventError> {
        let mut vm = self.vm.lock();
        alive(&vm)?;
        let end = vm.state().calls.elapsed.now.saturating_add(time);
        for _ in 0..MOST_EVENTS {
            let Some((deadline, due)) = vm.state().calls.next_due().filter(|(due, _)| due.at <= end) else {
                vm.state_mut().move_time(end);
                return Ok(());
            };
            vm.state_mut().move_time(deadline.at);
            events::happen(&mut vm, |vm| drive::fire(vm, due))?;
        }
        Err(EventError::TooManyEvents {
            limit: MOST_EVENTS,
            elapsed: vm.state().calls.elapsed.now,
        })
    }

    /// Lets something happen to a pending call, and to the root context that made it.
    fn called(
        &mut self,
        kind: CallKind,
        id: u32,
        event: impl FnOnce(&mut Vm, u32) -> Result<(), Trap>,
    ) -> Result<(), EventError> {
        let mut vm = self.vm.lock();
        alive(&vm)?;
        let root = vm.state().calls.caller(kind, id);
        let root = root.ok_or(EventError::NotPending { kind, id })?;
        Ok(events::happen(&mut vm, |vm| event(vm, root))?)
    }
}

fn alive(vm: &Vm) -> Result<(), EventError> {
    match vm.failure() {
        Some(trap) => Err(EventError::Failed(trap.clone())),
        None => Ok(()),
    }
}
