//! [`Outages`]: when a workload could not answer because one of its processes was killed.

use std::time::Duration;

use crate::faults::answer::Answer;
use crate::soak::moment::Moment;

/// What was killed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Victim {
    Envoy,
    Application,
}

impl Victim {
    /// Whether a client may see this while it is down: Envoy answers for its application, and nobody for Envoy.
    fn causes(self, answer: Answer) -> bool {
        match (self, answer) {
            (_, Answer::Status(502..=504)) => true,
            // An Envoy that has come back to a bad configuration has none until the next good one.
            (Self::Envoy, Answer::Status(500) | Answer::Closed | Answer::Refused) => true,
            (Self::Envoy | Self::Application, Answer::Status(_) | Answer::Echo)
            | (Self::Application, Answer::Closed | Answer::Refused) => false,
        }
    }
}

/// The times between a kill and the end of the restart.
#[derive(Debug)]
pub(super) struct Outages {
    margin: Duration,
    all: Vec<Outage>,
}

#[derive(Debug)]
struct Outage {
    victim: Victim,
    from: Moment,
    until: Option<Moment>,
}

/// An outage that is not over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open(usize);

impl Outages {
    /// None yet. An outage goes on for `margin` after the restart: connections of before it may break until then.
    pub(super) fn new(margin: Duration) -> Self {
        Self {
            margin,
            all: Vec::new(),
        }
    }

    pub(super) fn open(&mut self, victim: Victim, from: Moment) -> Open {
        self.all.push(Outage {
            victim,
            from,
            until: None,
        });
        Open(self.all.len() - 1)
    }

    pub(super) fn close(&mut self, Open(place): Open, until: Moment) {
        if let Some(outage) = self.all.get_mut(place) {
            outage.until = Some(until);
        }
    }

    /// Whether this answer to what was sent and answered then comes from one, or from the margin after one.
    pub(super) fn explain(&self, sent: Moment, answered: Moment, answer: Answer) -> bool {
        let mut during = self.during(sent, answered);
        during.any(|outage| outage.victim.causes(answer))
    }

    /// Whether there was one then, or the margin after one.
    pub(super) fn disturb(&self, sent: Moment, answered: Moment) -> bool {
        self.during(sent, answered).next().is_some()
    }

    fn during(&self, sent: Moment, answered: Moment) -> impl Iterator<Item = &Outage> {
        self.all.iter().rev().filter(move |outage| {
            let over = outage.until.is_some_and(|until| until.plus(self.margin) < sent);
            outage.from <= answered && !over
        })
    }

    /// How long each took that is over.
    pub(super) fn lengths(&self) -> impl Iterator<Item = Duration> {
        let over = |outage: &Outage| Some(outage.until?.since(outage.from));
        self.all.iter().filter_map(over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: u64) -> Moment {
        Moment::from_micros(micros)
    }

    fn one(victim: Victim) -> Outages {
        let mut outages = Outages::new(Duration::from_micros(10));
        let open = outages.open(victim, at(100));
        outages.close(open, at(200));
        outages
    }

    #[test]
    fn an_outage_explains_what_overlaps_it_or_its_margin() {
        for (sent, answered) in [(50, 100), (150, 151), (190, 300), (210, 300)] {
            let outages = one(Victim::Envoy);
            assert!(outages.explain(at(sent), at(answered), Answer::Refused), "{sent}");
        }
    }

    #[test]
    fn an_outage_explains_nothing_before_and_after() {
        for (sent, answered) in [(50, 99), (211, 300)] {
            let outages = one(Victim::Envoy);
            assert!(
                !outages.explain(at(sent), at(answered), Answer::Refused),
                "{sent}"
            );
        }
    }

    #[test]
    fn an_outage_that_is_not_over_explains_what_comes_after() {
        let mut outages = Outages::new(Duration::ZERO);
        outages.open(Victim::Envoy, at(100));
        assert!(outages.explain(at(9_000), at(9_001), Answer::Closed));
    }

    #[test]
    fn an_application_that_is_down_does_not_explain_that_envoy_is_silent() {
        let outages = one(Victim::Application);
        let explains = |answer| outages.explain(at(150), at(151), answer);
        assert!(explains(Answer::Status(503)));
        assert!(!explains(Answer::Refused) && !explains(Answer::Closed) && !explains(Answer::Status(500)));
    }
}
