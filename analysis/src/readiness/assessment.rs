//! [`assess`]: the verdict on one port.

use time::{Duration, OffsetDateTime};

use crate::readiness::{ListenerCounters, PortTraffic};

/// How much has to be seen before a port is called safe.
#[derive(Clone, Copy, Debug)]
pub struct Criteria {
    /// The time of the verdict.
    pub now: OffsetDateTime,
    /// For how long no peer may have been admitted without a certificate.
    pub quiet_for: Duration,
    /// How many requests or connections with a certificate have to be seen in that time.
    pub min_requests: u64,
}

impl Criteria {
    /// How long ago it was, to the second; of what is still to come, nothing.
    #[must_use]
    pub fn age_of(&self, time: OffsetDateTime) -> Duration {
        let seconds = self.now.unix_timestamp().saturating_sub(time.unix_timestamp());
        Duration::seconds(seconds.max(0))
    }
}

/// What is known of one port.
#[derive(Clone, Copy, Debug, Default)]
pub struct Assessment<'t> {
    /// What the policies ask for, where they are known: whether it is STRICT already.
    pub is_strict: Option<bool>,
    /// What logs tell.
    pub traffic: Option<&'t PortTraffic>,
    /// What the counters of its listener say.
    pub counters: Option<&'t ListenerCounters>,
    /// For how long those have counted.
    pub counted_for: Option<Duration>,
}

/// Whether a port may ask for mTLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It does already.
    AlreadyStrict,
    /// Nobody was admitted without a certificate since then.
    Safe {
        /// Since when.
        since: OffsetDateTime,
        /// How many requests or connections with a certificate there were in the window.
        evidence: u64,
    },
    /// Peers without a certificate are admitted.
    Blocked {
        /// How many requests or connections of theirs.
        count: u64,
        /// When the last one was, where that is said.
        last: Option<OffsetDateTime>,
    },
    /// Too little is known.
    NotKnown(NotKnown),
}

/// Why too little is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotKnown {
    /// Nothing was seen that could be placed in time.
    Nothing,
    /// Fewer requests or connections with a certificate than are asked for.
    TooFew {
        /// How many there were.
        seen: u64,
    },
    /// What is known does not reach back far enough.
    TooShort {
        /// For how long there is something known.
        known: Duration,
    },
    /// Lines of the window do not say whether there was a certificate.
    NotSaid {
        /// How many.
        count: u64,
    },
    /// The listener counted connections without a certificate of which no log tells.
    Unexplained {
        /// How many.
        count: u64,
    },
}

/// The verdict.
#[must_use]
pub fn assess(assessment: &Assessment<'_>, criteria: &Criteria) -> Verdict {
    if assessment.is_strict == Some(true) {
        return Verdict::AlreadyStrict;
    }
    match (assessment.traffic, assessment.counters) {
        (Some(traffic), counters) => by_logs(traffic, counters, assessment.counted_for, criteria),
        (None, Some(counters)) => by_counters(counters, assessment.counted_for, criteria),
        (None, None) => Verdict::NotKnown(NotKnown::Nothing),
    }
}

fn by_logs(
    traffic: &PortTraffic,
    counters: Option<&ListenerCounters>,
    counted_for: Option<Duration>,
    criteria: &Criteria,
) -> Verdict {
    let blocking = traffic
        .blocking()
        .fold(0_u64, |sum, (_, peer)| sum.saturating_add(peer.recent));
    if blocking > 0 {
        return Verdict::Blocked {
            count: blocking,
            last: traffic.last_plaintext(),
        };
    }
    if let Some(count @ 1..) = counters.map(ListenerCounters::without_mtls)
        && traffic.plaintext == 0
        && counted_for.is_none_or(|counted| counted <= criteria.quiet_for)
    {
        return Verdict::NotKnown(NotKnown::Unexplained { count });
    }
    if traffic.recent_not_said > 0 {
        let count = traffic.recent_not_said;
        return Verdict::NotKnown(NotKnown::NotSaid { count });
    }
    let Some(first) = traffic.first else {
        return Verdict::NotKnown(NotKnown::Nothing);
    };
    safe_since(
        traffic.last_plaintext().unwrap_or(first),
        first,
        traffic.recent_mtls,
        criteria,
    )
}

fn by_counters(counters: &ListenerCounters, counted_for: Option<Duration>, criteria: &Criteria) -> Verdict {
    let count = counters.without_mtls();
    if count > 0 {
        return Verdict::Blocked { count, last: None };
    }
    let start = counted_for.and_then(|counted| criteria.now.checked_sub(counted));
    match start {
        Some(start) => safe_since(start, start, counters.mtls(), criteria),
        None => Verdict::NotKnown(NotKnown::Nothing),
    }
}

/// Safe, if what is known reaches back far enough and is enough.
fn safe_since(since: OffsetDateTime, first: OffsetDateTime, evidence: u64, criteria: &Criteria) -> Verdict {
    let known = criteria.age_of(first);
    if known < criteria.quiet_for {
        return Verdict::NotKnown(NotKnown::TooShort { known });
    }
    if evidence < criteria.min_requests.max(1) {
        return Verdict::NotKnown(NotKnown::TooFew { seen: evidence });
    }
    Verdict::Safe { since, evidence }
}

#[cfg(test)]
mod tests;
