//! Time as a test moves it: what is due, and when.

use std::time::Duration;

/// A moment since the VM was made; of two at the same time the one that was set first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline {
    pub(crate) at: Duration,
    order: u64,
}

/// How far time has come, by what was advanced alone.
#[derive(Debug, Default)]
pub(crate) struct Elapsed {
    pub(crate) now: Duration,
    deadlines: u64,
}

impl Elapsed {
    /// The moment that is this far ahead.
    pub(crate) const fn deadline(&mut self, ahead: Duration) -> Deadline {
        self.deadlines = self.deadlines.saturating_add(1);
        Deadline {
            at: self.now.saturating_add(ahead),
            order: self.deadlines,
        }
    }
}

/// A root context's timer that runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timer {
    pub(crate) period: Duration,
    pub(crate) due: Deadline,
}

/// What happens when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// `proxy_on_tick` of this root context.
    Tick(u32),
    /// The time of this root context's HTTP call is over.
    HttpTimeout { root: u32, id: u32 },
    /// The time of this root context's gRPC call is over.
    GrpcTimeout { root: u32, id: u32 },
}
