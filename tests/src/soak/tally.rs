//! [`Tally`]: what came of all requests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::faults::answer::Answer;
use crate::soak::ask::Ask;
use crate::soak::judge::{Asked, Verdict};

/// So many examples of what must not be are kept.
const EXAMPLES: usize = 20;
const DIGITS: u8 = 3;
/// What takes longer counts as this long.
const LONGEST_MICROS: u64 = 120_000_000;

/// What came of requests, and what else went wrong.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counts>);

/// The numbers.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) verdicts: BTreeMap<(Ask, Verdict), u64>,
    /// Answers that are no decision, and are explained.
    pub(super) explained: BTreeMap<Answer, u64>,
    pub(super) examples: Vec<String>,
    /// Failures that belong to no request.
    pub(super) failures: Vec<String>,
    /// Requests that were left out because their client was busy for long.
    pub(super) skipped: u64,
    /// Microseconds until a decision, all of them.
    pub(super) latency: Histogram<u64>,
    /// Those while all processes of the workload ran.
    pub(super) undisturbed: Histogram<u64>,
}

impl Default for Counts {
    fn default() -> Self {
        let histogram = || Histogram::new_with_max(LONGEST_MICROS, DIGITS).expect("the bounds are allowed");
        Self {
            verdicts: BTreeMap::new(),
            explained: BTreeMap::new(),
            examples: Vec::new(),
            failures: Vec::new(),
            skipped: 0,
            latency: histogram(),
            undisturbed: histogram(),
        }
    }
}

impl Counts {
    pub(super) fn of(&self, verdict: Verdict) -> u64 {
        let of_verdict = self.verdicts.iter().filter(|((_, found), _)| *found == verdict);
        of_verdict.map(|(_, count)| count).sum()
    }

    fn record(&mut self, workload: &str, asked: &Asked, verdict: Verdict) {
        *self.verdicts.entry((asked.ask, verdict)).or_default() += 1;
        match verdict {
            Verdict::Allowed | Verdict::Denied => {}
            Verdict::Explained => *self.explained.entry(asked.answer).or_default() += 1,
            Verdict::Wrong | Verdict::Ours => self.example(workload, asked, verdict),
        }
    }

    fn example(&mut self, workload: &str, asked: &Asked, verdict: Verdict) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(format!(
                "{verdict:?}: {workload}, {}, sent at {}, answered after {:?}: {}",
                asked.ask.word(),
                asked.sent.micros(),
                asked.answered.since(asked.sent),
                asked.answer,
            ));
        }
    }
}

impl Tally {
    pub(super) fn record(&self, workload: &str, asked: &Asked, verdict: Verdict) {
        self.change(|counts| counts.record(workload, asked, verdict));
    }

    /// How long a decision took.
    pub(super) fn took(&self, time: Duration, disturbed: bool) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.change(|counts| {
            counts.latency.saturating_record(micros);
            if !disturbed {
                counts.undisturbed.saturating_record(micros);
            }
        });
    }

    pub(super) fn skip(&self, requests: u64) {
        self.change(|counts| counts.skipped += requests);
    }

    pub(super) fn fail(&self, failure: String) {
        self.change(|counts| counts.failures.push(failure));
    }

    pub(super) fn counts(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_that_took_a_second_counts_as_a_second() {
        let tally = Tally::default();
        tally.took(Duration::from_secs(1), false);
        let median = tally.counts().latency.value_at_quantile(0.5);
        assert!((999_000..=1_001_000).contains(&median), "{median}");
    }
}
