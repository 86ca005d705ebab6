//! [`Outcome`]: what came of a run.

use std::fmt;

use crate::faults::answer::Answers;
use crate::faults::application::Arrivals;
use crate::faults::fault::{Arriving, Fault};
use crate::faults::kind::Kind;
use crate::faults::mark::Mark;

/// What was sent, what arrived, and what the clients saw.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How many requests of each mark were sent.
    pub(super) sent: Arrivals,
    /// How many of them reached the application.
    pub(super) arrived: Arrivals,
    /// What the clients saw.
    pub(super) answers: Answers,
}

impl Outcome {
    /// Whether what arrived is what may arrive where the interlock is as shipped.
    ///
    /// # Errors
    /// With what arrived and should not, or the other way round.
    pub fn check(&self, fault: &Fault, kind: Kind) -> Result<(), String> {
        let [allowed, denied, deadly] = Mark::ALL.map(|mark| self.arrived[&mark]);
        let is_right = denied == 0
            && deadly == 0
            && match fault.arriving(kind) {
                Arriving::Nothing => allowed == 0,
                Arriving::WhatIsAllowed => allowed == self.sent[&Mark::Allow],
                Arriving::AtMostWhatIsAllowed => true,
            };
        if is_right {
            Ok(())
        } else {
            Err(format!(
                "{allowed} allowed, {denied} denied and {deadly} deadly requests arrived: {:?}",
                fault.arriving(kind)
            ))
        }
    }

    /// How many requests were sent.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.sent.values().sum()
    }

    /// What arrived, as a cell of the table.
    #[must_use]
    pub fn arrivals(&self) -> String {
        let [_, denied, deadly] = Mark::ALL.map(|mark| self.arrived[&mark]);
        let all: usize = self.arrived.values().sum();
        match (all, denied + deadly) {
            (0, _) => "0".to_owned(),
            (_, 0) => format!("{all}, all allowed"),
            (_, _) if deadly == 0 => format!("{all}, {denied} of them denied"),
            (_, _) => format!("{all}, {denied} of them denied, {deadly} deadly"),
        }
    }

    /// What the clients saw, as a cell of the table: the most frequent first.
    #[must_use]
    pub fn seen(&self) -> String {
        let mut answers: Vec<_> = self.answers.iter().collect();
        answers.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let shown = answers.iter().map(|(answer, count)| match answers.len() {
            1 => answer.to_string(),
            _ => format!("{answer} ({count})"),
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} arrived; seen: {}",
            self.arrivals(),
            self.requests(),
            self.seen()
        )
    }
}
