//! The traffic that goes on while a change comes into force, and how much of it failed.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::sleep;

use crate::migration::addresses::Addresses;
use crate::migration::peer::{Mode, Visit};
use crate::observation::Got;
use crate::row_runner::{RowError, RowRunner};

/// Between two requests of a peer.
const PAUSE: Duration = Duration::from_millis(5);

/// Where the change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It has not begun.
    Before,
    /// The new policies are written, and not yet in force.
    Meanwhile,
    /// They are in force.
    After,
    /// No more traffic is wanted.
    Over,
}

/// How many requests of a peer there were, by the phase in which each began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Whose.
    pub visit: Visit,
    /// Before the change.
    pub before: u64,
    /// While it came into force.
    pub meanwhile: u64,
    /// After it.
    pub after: u64,
    /// Those without the answer 200.
    pub failed: u64,
    /// What came of the first of those.
    pub first_failure: Option<String>,
}

impl Tally {
    /// Whether nothing failed and the change was crossed.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        self.failed == 0 && self.before > 0 && self.after > 0
    }

    const fn new(visit: Visit) -> Self {
        Self {
            visit,
            before: 0,
            meanwhile: 0,
            after: 0,
            failed: 0,
            first_failure: None,
        }
    }

    fn count(&mut self, phase: Phase, got: &Got) {
        let field = match phase {
            Phase::Before => &mut self.before,
            Phase::Meanwhile => &mut self.meanwhile,
            Phase::After | Phase::Over => &mut self.after,
        };
        *field = field.saturating_add(1);
        if let Some(failure) = failure(got) {
            self.failed = self.failed.saturating_add(1);
            self.first_failure.get_or_insert(failure);
        }
    }
}

/// Sends requests of the visit, one after the other, until the phase is over.
///
/// # Errors
/// When an SVID of the sender cannot be read.
pub async fn send_until_over(
    runner: &RowRunner<'_>,
    visit: Visit,
    addresses: &Addresses,
    phase: &Cell<Phase>,
) -> Result<Tally, RowError> {
    let row = visit.row(addresses, Mode::Strict);
    let mut tally = Tally::new(visit);
    while phase.get() != Phase::Over {
        let began = phase.get();
        tally.count(began, &runner.send(&row, &runner.mark(0)).await?);
        sleep(PAUSE).await;
    }
    Ok(tally)
}

/// What came of a request that was not answered by 200.
#[must_use]
pub fn failure(got: &Got) -> Option<String> {
    match got {
        Got::Response { status: 200, .. } => None,
        Got::Response { status, .. } => Some(status.to_string()),
        Got::NoAnswer(failure) => Some(failure.to_string()),
        Got::NotSent { at, reason } => Some(format!("{reason} at {at}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::peer::Peer;

    fn response(status: u16) -> Got {
        let body = String::new();
        Got::Response { status, body }
    }

    #[test]
    fn a_change_that_no_request_followed_was_not_crossed() {
        let mut tally = Tally::new(Peer::Orders.moved());
        tally.count(Phase::Before, &response(200));
        tally.count(Phase::Meanwhile, &response(200));
        assert!(!tally.is_right());
        tally.count(Phase::After, &response(200));
        assert!(tally.is_right());
    }

    #[test]
    fn one_answer_other_than_200_spoils_it_and_the_first_is_remembered() {
        let mut tally = Tally::new(Peer::Orders.moved());
        for (phase, status) in [(Phase::Before, 200), (Phase::Meanwhile, 503), (Phase::After, 403)] {
            tally.count(phase, &response(status));
        }
        assert_eq!((tally.failed, tally.first_failure.as_deref()), (2, Some("503")));
        assert!(!tally.is_right());
    }
}
