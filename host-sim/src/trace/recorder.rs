//! Keeps the events of one VM while it runs, the newest within a bound.

use std::collections::VecDeque;
use std::time::Duration;

use crate::trace::event::{CallbackEnd, CallbackEvent, HostcallEnd, HostcallEvent, TraceEvent};
use crate::trace::list::Trace;
use crate::trace::notes::{Notes, named};
use crate::trace::shape;
use crate::vm::run::CallbackRun;
use crate::vm::state::Running;
use crate::vm::trap::TrapCause;

/// The most memory that a VM's trace takes, about; the oldest events go first.
const MOST_BYTES: usize = 16 << 20;

/// The events so far, and those that have begun and not ended.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    events: VecDeque<TraceEvent>,
    bytes: usize,
    /// How many events went before the first that is here.
    gone: u64,
    /// How many of those were lost to the bound, since the trace was taken last.
    dropped: u64,
    /// The numbers of events that have not ended, the outermost first.
    open: Vec<u64>,
}

impl Recorder {
    /// A callback begins, with these arguments.
    pub(crate) fn begin_callback(&mut self, Running { callback, context }: Running, arguments: &[u32]) {
        self.begin(TraceEvent::Callback(CallbackEvent {
            callback,
            context,
            arguments: shape::arguments(callback, arguments),
            end: CallbackEnd::Running,
            fuel: 0,
            time: Duration::ZERO,
            memory_bytes: 0,
        }));
    }

    /// The callback has ended; callbacks do not nest.
    pub(crate) fn end_callback(&mut self, run: &CallbackRun, result: Result<Vec<u32>, &TrapCause>) {
        let begun = self.open.first().copied();
        self.open.clear();
        if let Some(TraceEvent::Callback(event)) = begun.and_then(|number| self.event(number)) {
            event.end = match result {
                Ok(numbers) => CallbackEnd::Returned(shape::returned(run.callback, &numbers)),
                Err(cause) => CallbackEnd::Trapped(cause.clone()),
            };
            (event.fuel, event.time, event.memory_bytes) = (run.fuel, run.time, run.memory_bytes);
        }
    }

    /// A hostcall begins.
    pub(crate) fn begin_hostcall(&mut self, name: &'static str, Running { callback, context }: Running) {
        self.begin(TraceEvent::Hostcall(HostcallEvent {
            name,
            callback,
            context,
            depth: self.open.len(),
            arguments: Vec::new(),
            end: HostcallEnd::None,
            answers: Vec::new(),
        }));
    }

    /// Where the innermost hostcall notes what crosses.
    pub(crate) const fn notes(&self) -> Notes {
        Notes::new(self.open.len())
    }

    /// The hostcall of these notes has ended, and those in it that did not return.
    pub(crate) fn end_hostcall(&mut self, notes: Notes, end: HostcallEnd) {
        self.open.truncate(notes.depth);
        let begun = self.open.pop();
        let Some(TraceEvent::Hostcall(event)) = begun.and_then(|number| self.event(number)) else {
            return;
        };
        event.arguments = named(event.name, notes.given);
        event.answers = named(event.name, notes.gave);
        event.end = end;
        let values = event.arguments.iter().chain(&event.answers);
        let more = values.fold(0, |sum: usize, (_, value)| sum.saturating_add(value.size()));
        self.bytes = self.bytes.saturating_add(more);
        self.shrink();
    }

    /// What is kept now.
    pub(crate) fn trace(&self) -> Trace {
        Trace::new(self.events.iter().cloned().collect(), self.dropped)
    }

    /// What is kept now; it is not kept any longer.
    pub(crate) fn take(&mut self) -> Trace {
        let count = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.gone = self.gone.saturating_add(count);
        self.bytes = 0;
        let dropped = std::mem::take(&mut self.dropped);
        Trace::new(std::mem::take(&mut self.events).into(), dropped)
    }

    fn begin(&mut self, event: TraceEvent) {
        let place = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.open.push(self.gone.saturating_add(place));
        self.bytes = self.bytes.saturating_add(event.size());
        self.events.push_back(event);
        self.shrink();
    }

    /// An event that is still kept.
    fn event(&mut self, number: u64) -> Option<&mut TraceEvent> {
        let place = number.checked_sub(self.gone)?;
        self.events.get_mut(usize::try_from(place).ok()?)
    }

    fn shrink(&mut self) {
        while self.bytes > MOST_BYTES {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.bytes = self.bytes.saturating_sub(oldest.size());
            self.gone = self.gone.saturating_add(1);
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::abi::Status;
    use crate::trace::notes::Noted;
    use crate::trace::value::TraceBytes;
    use crate::vm::callback::Callback;

    const RUNNING: Running = Running {
        callback: Callback::Tick,
        context: 1,
    };

    fn hostcall(recorder: &mut Recorder, bytes: usize) {
        recorder.begin_hostcall("proxy_log", RUNNING);
        let message = Noted::Bytes(TraceBytes::new(&vec![0; bytes]));
        let mut notes = recorder.notes();
        notes.given.push(("message", message));
        recorder.end_hostcall(notes, HostcallEnd::Status(Status::Ok));
    }

    #[test]
    fn the_oldest_events_go_and_the_trace_says_how_many() {
        let mut recorder = Recorder::default();
        recorder.begin_callback(RUNNING, &[1]);
        (0..1_000).for_each(|_| hostcall(&mut recorder, TraceBytes::MOST));
        let trace = recorder.trace();
        let kept = u64::try_from(trace.events().len()).unwrap();
        assert!(kept < 300 && kept > 200, "{kept}");
        assert_eq!(trace.dropped() + kept, 1_001);
        assert_eq!(recorder.take().dropped(), trace.dropped());
        assert_eq!((recorder.take().dropped(), recorder.bytes), (0, 0));
    }

    #[test]
    fn an_event_that_is_gone_can_still_end() {
        let mut recorder = Recorder::default();
        recorder.begin_callback(RUNNING, &[1]);
        recorder.take();
        hostcall(&mut recorder, 1);
        let run = CallbackRun {
            callback: Callback::Tick,
            fuel: 1,
            hostcalls: BTreeMap::new(),
            time: Duration::ZERO,
            memory_bytes: 0,
            memory_growth: 0,
        };
        recorder.end_callback(&run, Ok(Vec::new()));
        assert_eq!(recorder.trace().events().len(), 1);
    }
}
