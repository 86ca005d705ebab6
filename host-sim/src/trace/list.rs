//! The events of a VM or of one of its contexts, in order.

use crate::trace::event::{CallbackEvent, HostcallEvent, TraceEvent};

/// What happened, in order. Its `Display` is text of one line an event, the same from run to run; `{:#}` also shows how
/// long each callback took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    events: Vec<TraceEvent>,
    dropped: u64,
}

impl Trace {
    pub(crate) const fn new(events: Vec<TraceEvent>, dropped: u64) -> Self {
        Self { events, dropped }
    }

    /// Every event that is kept; a callback comes before its hostcalls.
    #[must_use]
    pub fn events(&self) -> &[TraceEvent] {
        &self.events
    }

    /// How many events came before these and are not kept: a VM keeps the newest 16 MiB of them.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The callbacks in order.
    pub fn callbacks(&self) -> impl Iterator<Item = &CallbackEvent> {
        self.events.iter().filter_map(TraceEvent::as_callback)
    }

    /// The hostcalls in order.
    pub fn hostcalls(&self) -> impl Iterator<Item = &HostcallEvent> {
        self.events.iter().filter_map(TraceEvent::as_hostcall)
    }

    /// The events of one context: its callbacks with all that they do, and what other contexts do in its name.
    pub(crate) fn of_context(self, context: u32) -> Self {
        let mut inside = false;
        let of_context = self.events.into_iter().filter(|event| {
            if let TraceEvent::Callback(callback) = event {
                inside = callback.context == context;
            }
            inside || event.context() == context
        });
        Self {
            events: of_context.collect(),
            dropped: self.dropped,
        }
    }
}
