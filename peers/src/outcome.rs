//! [`Outcome`]: what became of an engine at one size.

use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_bench::figures;

/// A figure, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It decided everything as it must.
    Measured {
        /// To take the rules.
        setup: Duration,
        /// One decision: the median of the turns.
        nanoseconds: f64,
        /// How many turns it had.
        turns: usize,
    },
    /// It would take longer than the budget allows.
    LeftOut(Estimate),
    /// It does not take so many rules, in its own words.
    Refused(String),
}

/// What an engine takes at a size, or is expected to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// To take the rules.
    pub setup: Duration,
    /// For one decision.
    pub decision: Duration,
}

impl Outcome {
    /// What can be expected at so many times the size: that it grows alike. `None` where nothing is known.
    #[must_use]
    pub fn expected(&self, times: u32) -> Option<Estimate> {
        let now = match self {
            Self::Measured {
                setup, nanoseconds, ..
            } => Estimate {
                setup: *setup,
                decision: Duration::from_secs_f64(*nanoseconds / 1e9),
            },
            Self::LeftOut(estimate) => *estimate,
            Self::Refused(_) => return None,
        };
        Some(Estimate {
            setup: now.setup * times,
            decision: now.decision * times,
        })
    }

    /// The figure of one decision.
    #[must_use]
    pub fn nanoseconds(&self) -> Option<f64> {
        match self {
            Self::Measured { nanoseconds, .. } => Some(*nanoseconds),
            Self::LeftOut(_) | Self::Refused(_) => None,
        }
    }

    /// In a cell of a table.
    #[must_use]
    pub fn cell(&self) -> String {
        match self {
            Self::Measured { nanoseconds, .. } => figures::nanoseconds(*nanoseconds),
            Self::LeftOut(estimate) => format!("(about {})", figures::duration(estimate.decision)),
            Self::Refused(_) => "(refused)".to_owned(),
        }
    }

    /// Why there is no figure, for a line under the table.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        match self {
            Self::Measured { .. } => None,
            Self::LeftOut(Estimate { setup, decision }) => Some(format!(
                "left out: about {} to take the rules, {} a decision",
                figures::duration(*setup),
                figures::duration(*decision)
            )),
            Self::Refused(why) => Some(format!("refused: {why}")),
        }
    }

    /// As it is kept.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Measured {
                setup,
                nanoseconds,
                turns,
            } => json!({
                "nanoseconds": nanoseconds, "setupSeconds": setup.as_secs_f64(), "turns": turns,
            }),
            Self::LeftOut(Estimate { setup, decision }) => json!({"leftOut": {
                "aboutNanoseconds": decision.as_secs_f64() * 1e9, "aboutSetupSeconds": setup.as_secs_f64(),
            }}),
            Self::Refused(why) => json!({"refused": why}),
        }
    }
}
