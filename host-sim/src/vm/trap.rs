//! Why a callback ended without returning.

use thiserror::Error;

use crate::limits::OverBudget;
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
    /// The callback used up [`Limits::fuel_per_callback`](crate::Limits::fuel_per_callback).
    #[error("out of fuel: more than `{limit}` units in one callback")]
    OutOfFuel {
        /// The limit that applied.
        limit: u64,
    },
    /// The callback used up [`Limits::host_bytes_per_callback`](crate::Limits::host_bytes_per_callback).
    #[error("out of host memory: more than `{limit}` bytes asked of the host in one callback")]
    OutOfHostBytes {
        /// The limit that applied.
        limit: u64,
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
    /// Reads wasmtime's error; `fuel_limit` is what the callback was given.
    pub(crate) fn of(error: &wasmtime::Error, fuel_limit: u64) -> Self {
        if let Some(HostTrap(cause)) = error.downcast_ref::<HostTrap>() {
            return cause.clone();
        }
        match error.downcast_ref::<wasmtime::Trap>() {
            Some(trap) => Self::of_wasm(*trap, fuel_limit),
            None => Self::Other {
                reason: format!("{error:#}"),
            },
        }
    }

    fn of_wasm(trap: wasmtime::Trap, fuel_limit: u64) -> Self {
        let named = [
            (wasmtime::Trap::OutOfFuel, Self::OutOfFuel { limit: fuel_limit }),
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
