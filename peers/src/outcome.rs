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
    LeftOut {
        /// What is expected of it.
        estimate: Estimate,
        /// What of it is too long.
        over: Over,
    },
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

/// What takes too long.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Over {
    /// To take the rules.
    Setup,
    /// One decision.
    Decision,
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
            Self::LeftOut { estimate, .. } => *estimate,
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
            Self::LeftOut { .. } | Self::Refused(_) => None,
        }
    }

    /// In a cell of a table.
    #[must_use]
    pub fn cell(&self) -> String {
        match self {
            Self::Measured { nanoseconds, .. } => figures::nanoseconds(*nanoseconds),
            Self::LeftOut {
                estimate,
                over: Over::Setup,
            } => {
                format!("(setup ~{})", figures::duration(estimate.setup))
            }
            Self::LeftOut {
                estimate,
                over: Over::Decision,
            } => {
                format!("(~{})", figures::duration(estimate.decision))
            }
            Self::Refused(_) => "(refused)".to_owned(),
        }
    }

    /// Why it does not take the rules, for a line under the table.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            Self::Measured { .. } | Self::LeftOut { .. } => None,
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
            Self::LeftOut {
                estimate: Estimate { setup, decision },
                ..
            } => json!({"leftOut": {
                "aboutNanoseconds": decision.as_secs_f64() * 1e9, "aboutSetupSeconds": setup.as_secs_f64(),
            }}),
            Self::Refused(why) => json!({"refused": why}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(setup: u64, nanoseconds: f64) -> Outcome {
        Outcome::Measured {
            setup: Duration::from_millis(setup),
            nanoseconds,
            turns: 3,
        }
    }

    #[test]
    fn ten_times_the_rules_are_expected_to_take_ten_times_as_long() {
        let estimate = measured(70, 2_000.0).expected(10).unwrap();
        assert_eq!(estimate.setup, Duration::from_millis(700));
        assert_eq!(estimate.decision, Duration::from_micros(20));
        let left_out = Outcome::LeftOut {
            estimate,
            over: Over::Setup,
        };
        assert_eq!(left_out.expected(10).unwrap().setup, Duration::from_secs(7));
    }

    #[test]
    fn brackets_say_that_nothing_was_measured() {
        let estimate = measured(1_000, 5e6).expected(10).unwrap();
        let cell = |over| Outcome::LeftOut { estimate, over }.cell();
        assert_eq!(measured(1, 250.0).cell(), "250 ns");
        assert_eq!(cell(Over::Setup), "(setup ~10.0 s)");
        assert_eq!(cell(Over::Decision), "(~50.0 ms)");
        assert_eq!(Outcome::Refused("too many".to_owned()).cell(), "(refused)");
    }
}
