//! [`Findings`]: all that a soak has found.

use std::time::Duration;

use crate::soak::memory::Life;
use crate::soak::tally::Counts;
use crate::soak::updates::UpdateCounts;

/// What a soak has found.
#[derive(Clone, Debug)]
pub struct Findings {
    pub(super) seed: u64,
    pub(super) length: Duration,
    pub(super) settle: Duration,
    pub(super) margin: Duration,
    pub(super) clients: usize,
    pub(super) peak: f64,
    pub(super) rate: f64,
    pub(super) counts: Counts,
    pub(super) updates: UpdateCounts,
    pub(super) rotations: u64,
    pub(super) killed_envoys: u64,
    pub(super) killed_applications: u64,
    /// From a kill to the end of the restart.
    pub(super) outages: Vec<Duration>,
    /// What the applications have written down.
    pub(super) arrivals: u64,
    pub(super) forbidden_arrivals: Vec<String>,
    pub(super) lives: Vec<Life>,
}

impl Findings {
    /// Decisions that no version in force takes, and requests that reached an application though they were forbidden.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        let forbidden = u64::try_from(self.forbidden_arrivals.len()).unwrap_or(u64::MAX);
        self.counts
            .of(super::judge::Verdict::Wrong)
            .saturating_add(forbidden)
    }

    /// Requests without a decision that no kill explains, and whatever else failed.
    #[must_use]
    pub fn ours(&self) -> u64 {
        let failures = u64::try_from(self.counts.failures.len()).unwrap_or(u64::MAX);
        self.counts
            .of(super::judge::Verdict::Ours)
            .saturating_add(failures)
    }
}
