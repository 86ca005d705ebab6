//! Why a callback ended without returning.

use std::time::Duration;

use thiserror::Error;

use crate::limits::{Limits, OverBudget};
use crate::vm::callback::Callback;

/// A callback that did not return. The VM cannot be used afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{callback}` trapped: {cause}")]
pub struct Trap {
    /// The callback that was running.
    pub callback: Callback,
    /// Why it ended.
    pub cause: TrapCause,
}

/// Why a callback trapped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TrapCause {
    /// The plugin used a hostcall that this host links but does not serve.
    #[error("not served: `{hostcall}`")]
    NotServed {
        /// Name of the hostcall.
        hostcall: &'static str,
    },
    /// The plugin made a hostcall that Envoy does not allow there: in `_initialize`, `main` or `_start`, or in its allocator.
    #[error("not allowed in this callback: `{hostcall}`")]
    NotAllowed {
        /// Name of the hostcall.
        hostcall: &'static str,
    },
    /// The callback used up [`Limits::fuel_per_callback`](crate::Limits::fuel_per_callback).
    #[error("out of fuel: more than `{limit}` units in one callback")]
    OutOfFuel {
        /// The limit that applied.
        limit: u64,
    },
    /// The callback took longer than [`Limits::time_per_callback`](crate::Limits::time_per_callback).
    #[error("out of time: more than {limit:?} in one callback")]
    Deadline {
        /// The limit that applied.
        limit: Duration,
    },
    /// The callback used up [`Limits::host_bytes_per_callback`](crate::Limits::host_bytes_per_callback).
    #[error("out of host memory: more than `{limit}` bytes asked of the host in one callback")]
    OutOfHostBytes {
        /// The limit that applied.
        limit: u64,
    },
    /// The module begins with more memory than [`Limits::memory_bytes`](crate::Limits::memory_bytes).
    #[error("too much memory: the module begins with more than `{limit}` bytes")]
    TooMuchMemory {
        /// The limit that applied.
        limit: usize,
    },
    /// The module begins with larger tables than [`Limits::table_elements`](crate::Limits::table_elements).
    #[error("too many table elements: the module begins with more than `{limit}`")]
    TooManyTableElements {
        /// The limit that applied.
        limit: usize,
    },
    /// The plugin called `proc_exit`.
    #[error("the plugin ended itself: `proc_exit({code})`")]
    Exit {
        /// The exit code that it gave.
        code: u32,
    },
    /// An `unreachable` instruction: what a panic or an abort of the guest comes down to. The log has the
    /// panic's message.
    #[error("`unreachable` executed: the plugin panicked or aborted")]
    Unreachable,
    /// The guest's call stack, or its mutual recursion with the host, became too deep.
    #[error("call stack exhausted")]
    StackOverflow,
    /// A load or store outside the linear memory.
    #[error("memory access out of bounds")]
    MemoryOutOfBounds,
    /// Any other trap, in wasmtime's words.
    #[error("{reason}")]
    Other {
        /// What wasmtime said.
        reason: String,
    },
}

/// A trap that the host raises inside a hostcall.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) struct HostTrap(pub(crate) TrapCause);

impl From<OverBudget> for HostTrap {
    fn from(OverBudget { limit }: OverBudget) -> Self {
        Self(TrapCause::OutOfHostBytes { limit })
    }
}

impl TrapCause {
    /// Reads wasmtime's error; `limits` are what the callback was given.
    pub(crate) fn of(error: &wasmtime::Error, limits: &Limits) -> Self {
        if let Some(HostTrap(cause)) = error.downcast_ref::<HostTrap>() {
            return cause.clone();
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(trap) => Self::of_wasm(*trap, limits),
            None => Self::Other {
                reason: format!("{error:#}"),
            },
        }
    }

    /// Reads the error of an instance that did not come up; what it was refused is the reason unless its start section trapped.
    pub(crate) fn of_instance(error: &wasmtime::Error, limits: &Limits, refused: Option<Self>) -> Self {
        match (Self::of(error, limits), refused) {
            (Self::Other { .. }, Some(refused)) if !error.is::<wasmtime::Trap>() => refused,
            (cause, _) => cause,
        }
    }

    fn of_wasm(trap: wasmtime::Trap, limits: &Limits) -> Self {
        let limit = limits.fuel_per_callback;
        let deadline = limits.time_per_callback.unwrap_or_default();
        let named = [
            (wasmtime::Trap::OutOfFuel, Self::OutOfFuel { limit }),
            (wasmtime::Trap::Interrupt, Self::Deadline { limit: deadline }),
            (wasmtime::Trap::UnreachableCodeReached, Self::Unreachable),
            (wasmtime::Trap::StackOverflow, Self::StackOverflow),
            (wasmtime::Trap::MemoryOutOfBounds, Self::MemoryOutOfBounds),
        ];
        let found = named
            .into_iter()
            .find(|(wasm, _)| *wasm == trap)
            .map(|(_, cause)| cause);
        found.unwrap_or_else(|| Self::Other {
            reason: trap.to_string(),
        })
    }
}
