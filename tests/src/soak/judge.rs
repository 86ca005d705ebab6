//! What an answer is worth, by the versions that were in force and by what was killed.

use crate::faults::answer::Answer;
use crate::soak::ask::Ask;
use crate::soak::moment::Moment;
use crate::soak::outages::Outages;
use crate::soak::versions::Versions;

/// A request and its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) ask: Ask,
    pub(super) sent: Moment,
    pub(super) answered: Moment,
    pub(super) answer: Answer,
}

/// What an answer is worth.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Verdict {
    /// The application answered, as it may.
    Allowed,
    /// It was denied, as it must be.
    Denied,
    /// No version decides so by which it may have been judged.
    Wrong,
    /// No decision, while a process of the workload was down.
    Explained,
    /// No decision, and no kill that explains it.
    Ours,
}

const ALLOWED: u16 = 200;
const DENIED: u16 = 403;

/// By the versions and the outages of the workload that was asked.
pub(super) fn judge(versions: &Versions, outages: &Outages, asked: &Asked) -> Verdict {
    match asked.answer {
        Answer::Status(ALLOWED) if may_be(versions, asked, true) => Verdict::Allowed,
        Answer::Status(DENIED) if may_be(versions, asked, false) => Verdict::Denied,
        Answer::Status(ALLOWED | DENIED) | Answer::Echo => Verdict::Wrong,
        Answer::Status(_) | Answer::Closed | Answer::Refused => without_decision(outages, asked),
    }
}

fn may_be(versions: &Versions, asked: &Asked, allowed: bool) -> bool {
    let mut admissible = versions.admissible(asked.sent, asked.answered).into_iter();
    admissible.any(|version| asked.ask.is_allowed_by(version) == allowed)
}

fn without_decision(outages: &Outages, asked: &Asked) -> Verdict {
    if outages.explain(asked.sent, asked.answered, asked.answer) {
        Verdict::Explained
    } else {
        Verdict::Ours
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soak::outages::Victim;
    use std::time::Duration;

    /// Version 1 settles at 200, and Envoy is killed at 1,000.
    fn verdict(ask: Ask, (sent, answered): (u64, u64), answer: Answer) -> Verdict {
        let at = Moment::from_micros;
        let mut versions = Versions::new(at(0));
        versions.write(at(100));
        versions.settle(1, at(200));
        let mut outages = Outages::new(Duration::ZERO);
        outages.open(Victim::Envoy, at(1_000));
        let (sent, answered) = (at(sent), at(answered));
        let asked = Asked {
            ask,
            sent,
            answered,
            answer,
        };
        judge(&versions, &outages, &asked)
    }

    const YES: Answer = Answer::Status(ALLOWED);
    const NO: Answer = Answer::Status(DENIED);

    #[test]
    fn either_decision_is_right_around_an_update() {
        assert_eq!(verdict(Ask::Even, (150, 160), YES), Verdict::Allowed);
        assert_eq!(verdict(Ask::Even, (150, 160), NO), Verdict::Denied);
    }

    #[test]
    fn a_decision_by_a_version_that_is_no_longer_in_force_is_wrong() {
        assert_eq!(verdict(Ask::Even, (300, 310), YES), Verdict::Wrong);
        assert_eq!(verdict(Ask::Odd, (300, 310), NO), Verdict::Wrong);
    }

    #[test]
    fn an_answer_to_what_no_version_allows_is_wrong_at_any_time() {
        for sent in [50, 150, 300, 1_500] {
            assert_eq!(
                verdict(Ask::Stranger, (sent, sent + 1), YES),
                Verdict::Wrong,
                "{sent}"
            );
        }
    }

    #[test]
    fn a_denial_of_what_every_version_allows_is_wrong_while_processes_are_down_too() {
        assert_eq!(verdict(Ask::Always, (1_500, 1_501), NO), Verdict::Wrong);
    }

    #[test]
    fn an_error_is_ours_unless_a_kill_explains_it() {
        assert_eq!(verdict(Ask::Always, (300, 310), Answer::Closed), Verdict::Ours);
        assert_eq!(
            verdict(Ask::Always, (1_500, 1_501), Answer::Closed),
            Verdict::Explained
        );
    }
}
