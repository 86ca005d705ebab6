//! Why an event could not happen to a plugin.

use std::time::Duration;

use thiserror::Error;

use crate::calls::ids::CallKind;
use crate::vm::trap::Trap;

/// Why an event that a test asked for could not happen, or what it ended with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EventError {
    /// The plugin has no such call, or it is over.
    #[error("{kind} `{id}` is not pending")]
    NotPending {
        /// The kind of call that the test named.
        kind: CallKind,
        /// Its number.
        id: u32,
    },
    /// The plugin has set no period, or a period of 0: Envoy would never call it.
    #[error("the plugin's timer is off")]
    TimerOff,
    /// Time did not get to its end within this many events; it stands where the last of them happened.
    #[error("more than `{limit}` events in one `advance`: stopped after `{elapsed:?}`")]
    TooManyEvents {
        /// The bound on events.
        limit: usize,
        /// How far time has come, since the VM was made.
        elapsed: Duration,
    },
    /// A callback trapped, and the VM is lost.
    #[error(transparent)]
    Trapped(#[from] Trap),
    /// The VM was lost before, by this trap; nothing ran.
    #[error("the VM failed before: {0}")]
    Failed(Trap),
}
