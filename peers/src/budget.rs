//! [`Budget`]: how long the parts of a run may take, in time of the processor.

use std::time::Duration;

use spiffe_authz_bench::figures;

/// What an engine may take at one size; beyond it is left out there.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// To take the rules.
    pub setup: Duration,
    /// For one decision.
    pub decision: Duration,
    /// The length of a turn, at least; a turn is all requests, once or more often.
    pub turn: Duration,
    /// How many turns each has.
    pub rounds: usize,
    /// After so long in turns an engine has no further ones.
    pub turns: Duration,
}

impl Budget {
    /// About 5 minutes in all.
    pub const FULL: Self = Self {
        setup: Duration::from_secs(8),
        decision: Duration::from_millis(100),
        turn: Duration::from_millis(10),
        rounds: 15,
        turns: Duration::from_millis(1_000),
    };

    /// About a minute in all.
    pub const QUICK: Self = Self {
        setup: Duration::from_millis(400),
        decision: Duration::from_millis(3),
        turn: Duration::from_millis(4),
        rounds: 9,
        turns: Duration::from_millis(100),
    };

    /// What brackets in a table mean.
    #[must_use]
    pub fn legend(&self) -> String {
        format!(
            "In brackets: not measured, being over {} to take the rules (\"setup\") or {} a decision; \
             what is expected from the size before.",
            figures::duration(self.setup),
            figures::duration(self.decision)
        )
    }
}
