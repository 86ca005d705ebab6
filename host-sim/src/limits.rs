//! What one VM may use up.

use std::time::Duration;

/// Bounds on the work and the memory of one VM; any combination is valid, but for a stack of no or too many bytes.
///
/// The defaults for guest memory, bodies, pairs and random bytes are those of Envoy's host; Envoy bounds neither the
/// work of a callback nor what the host keeps for it, so those defaults are wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Fuel of one callback, in wasmtime's units (about one an instruction). Running out is a trap.
    pub fuel_per_callback: u64,
    /// Time of one callback by the machine's clock; `None` is no bound. Taking longer is a trap, never before this time, and
    /// at the next loop or call at most a tenth of a second, or a quarter of this time, after it. Costs a thread for each
    /// simulator, and some speed; `fuel_per_callback` bounds the same from run to run.
    pub time_per_callback: Option<Duration>,
    /// Bytes that one callback may make the host copy, log or keep; each hostcall costs 64 besides. Going
    /// beyond is a trap.
    pub host_bytes_per_callback: u64,
    /// Linear memory of the VM, in bytes, all its memories together. Growth beyond fails inside the guest, as `memory.grow`
    /// says; a module that begins with more does not start.
    pub memory_bytes: usize,
    /// Entries of the VM's tables, all together; likewise.
    pub table_elements: usize,
    /// Stack of the guest, in bytes, with the host's part where guest and host call each other: 1 to
    /// [`Limits::MOST_STACK_BYTES`]. Going deeper is a trap.
    pub stack_bytes: usize,
    /// Bytes of a body that a stream holds for a plugin that gathers it (action 1 on a body). Beyond it Envoy answers in the
    /// plugin's place: 413 for a request, 500 for a response, or a reset where the response's headers have gone out.
    pub gathered_body_bytes: usize,
    /// Bytes of one list of pairs that the guest hands over.
    pub pairs_bytes: usize,
    /// Pairs in one list that the guest hands over.
    pub pairs_count: usize,
    /// Bytes of one `random_get`.
    pub random_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel_per_callback: 2_000_000_000,
            time_per_callback: None,
            host_bytes_per_callback: 256 << 20,
            memory_bytes: 1 << 30,
            table_elements: 1 << 20,
            stack_bytes: 512 << 10,
            gathered_body_bytes: 1 << 20,
            pairs_bytes: 1 << 20,
            pairs_count: 1_024,
            random_bytes: 64 << 10,
        }
    }
}

impl Limits {
    /// The most stack that a guest can be given: half of what a thread of a Rust program has. The host needs the rest.
    pub const MOST_STACK_BYTES: usize = 1 << 20;
}

/// What is left of [`Limits::host_bytes_per_callback`] in the running callback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostBudget {
    limit: u64,
    left: u64,
}

impl HostBudget {
    /// What a hostcall costs besides the bytes that it moves.
    pub(crate) const HOSTCALL: usize = 64;

    pub(crate) const fn new(limit: u64) -> Self {
        Self { limit, left: limit }
    }

    pub(crate) const fn refill(&mut self) {
        self.left = self.limit;
    }

    /// Bytes that the running callback may still ask for.
    pub(crate) const fn left(&self) -> u64 {
        self.left
    }

    /// That the callback asked for more than is left.
    pub(crate) const fn exceeded(&self) -> OverBudget {
        OverBudget { limit: self.limit }
    }

    /// Takes `bytes`, or says that there are not that many left.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let spent = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(spent).ok_or_else(|| self.exceeded())?;
        Ok(())
    }
}

/// A callback asked more of the host than [`Limits::host_bytes_per_callback`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OverBudget {
    pub(crate) limit: u64,
}
