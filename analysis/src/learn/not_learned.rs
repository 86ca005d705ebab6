//! [`NotLearned`]: why an observation is no ground for a rule.

use std::collections::BTreeMap;

use crate::learn::Place;

/// Why an observation is no ground for a rule.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum NotLearned {
    /// It was denied.
    Denied,
    /// The filter did not judge it.
    NotJudged,
    /// The line does not say for which workload it is, and neither does the caller.
    NoWorkload,
    /// It was for a workload of another namespace.
    AnotherWorkload,
    /// The peer has no identity: plaintext, TLS without a certificate.
    NoIdentity,
    /// The peer has no identity, and the line has no address of it.
    NoAddress,
    /// The peer's certificate has more than one URI SAN, or one that is no SPIFFE ID.
    NoSpiffeId,
    /// The method is none of the usual ones.
    OddMethod,
    /// The path is missing or does not begin with a slash.
    NoPath,
    /// The path has a `*`, `{` or `}`, which a policy would read as a pattern.
    WildcardInPath,
    /// The path can be read in more than one way.
    AmbiguousPath,
    /// The log shows only the beginning of a value.
    CutValue,
    /// A connection without its port: a rule for it would admit everything of its peer.
    NoPort,
}

impl NotLearned {
    /// The word for it in reports.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::NotJudged => "not-judged",
            Self::NoWorkload => "no-workload",
            Self::AnotherWorkload => "another-workload",
            Self::NoIdentity => "no-identity",
            Self::NoAddress => "no-address",
            Self::NoSpiffeId => "no-spiffe-id",
            Self::OddMethod => "odd-method",
            Self::NoPath => "no-path",
            Self::WildcardInPath => "wildcard-in-path",
            Self::AmbiguousPath => "ambiguous-path",
            Self::CutValue => "cut-value",
            Self::NoPort => "no-port",
        }
    }

    /// What it means and what can be done.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Denied => "denied; `--include-denied CAUSE` admits what no policy allowed yet",
            Self::NotJudged => "the filter did not judge it",
            Self::NoWorkload => "the line does not name a workload; say it with `--namespace`",
            Self::AnotherWorkload => "for a workload of another namespace than `--namespace`",
            Self::NoIdentity => "the peer has no identity; `--include-plaintext` admits it by its address",
            Self::NoAddress => "the peer has no identity, and the line has no address to admit it by",
            Self::NoSpiffeId => "the peer's URI SANs are not one SPIFFE ID",
            Self::OddMethod => "an unusual method; `--include-method NAME` admits it",
            Self::NoPath => "no path that begins with `/`",
            Self::WildcardInPath => "`*`, `{` or `}` in the path, which a policy would read as a pattern",
            Self::AmbiguousPath => "the path can be read in more than one way",
            Self::CutValue => "the log shows only the beginning of a value",
            Self::NoPort => "a connection without its port",
        }
    }
}

/// How often each reason stood in the way, and where.
#[derive(Clone, Debug, Default)]
pub struct Refusals(BTreeMap<NotLearned, Refused>);

/// How often one reason stood in the way.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// How many observations.
    pub count: u64,
    /// The first of them: the place, and what was seen.
    pub examples: Vec<(Place, String)>,
}

/// How many examples are kept.
const EXAMPLES: usize = 5;

impl Refusals {
    pub(super) fn add(&mut self, reason: NotLearned, place: &Place, seen: impl FnOnce() -> String) {
        let refused = self.0.entry(reason).or_default();
        refused.count = refused.count.saturating_add(1);
        if refused.examples.len() < EXAMPLES {
            refused.examples.push((place.clone(), seen()));
        }
    }

    /// Each reason that stood in the way.
    pub fn iter(&self) -> impl Iterator<Item = (NotLearned, &Refused)> {
        self.0.iter().map(|(reason, refused)| (*reason, refused))
    }
}
