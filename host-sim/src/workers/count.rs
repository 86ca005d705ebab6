//! How many workers there are.

use std::num::NonZeroUsize;

/// How many workers serve streams: Envoy's `--concurrency`, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerCount(NonZeroUsize);

impl WorkerCount {
    /// A single worker.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// This many workers; `None` for none.
    #[must_use]
    pub const fn new(workers: usize) -> Option<Self> {
        match NonZeroUsize::new(workers) {
            Some(workers) => Some(Self(workers)),
            None => None,
        }
    }

    /// The number of workers.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0.get()
    }
}
