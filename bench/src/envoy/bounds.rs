//! [`bounds`]: what must hold, as ratios of what filters add in one run.

use std::fmt;

use serde_json::{Value, json};

use crate::documents::Distribution;
use crate::envoy::contestant::Contestant;
use crate::envoy::http_version::HttpVersion;
use crate::envoy::results::Results;
use crate::envoy::rule_set::RuleSet;
use crate::figures::{ratio, thousands};

/// A ratio and its bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The ratio, in words.
    pub claim: String,
    /// What was measured.
    pub measured: f64,
    /// What it must be.
    pub limit: Limit,
}

/// What a ratio must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// This or less.
    AtMost(f64),
    /// Less than this.
    Below(f64),
    /// This or more.
    AtLeast(f64),
}

/// What became of a bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The ratio is within it.
    Held,
    /// The ratio is beyond it.
    Missed,
    /// One side adds nothing that this run can tell from nothing: the machine was too busy.
    Unclear,
}

impl Verdict {
    /// The word in tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Missed => "missed",
            Self::Unclear => "unclear: nothing measurable is added, run it again",
        }
    }
}

impl Bound {
    /// What became of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let is_held = match self.limit {
            Limit::AtMost(limit) => self.measured <= limit,
            Limit::Below(limit) => self.measured < limit,
            Limit::AtLeast(limit) => self.measured >= limit,
        };
        match is_held {
            _ if !self.measured.is_finite() => Verdict::Unclear,
            true => Verdict::Held,
            false => Verdict::Missed,
        }
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "claim": self.claim,
            "measured": self.measured,
            "bound": self.limit.to_string(),
            "verdict": self.verdict().word(),
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "at most {}", ratio(*limit)),
            Self::Below(limit) => write!(f, "below {}", ratio(*limit)),
            Self::AtLeast(limit) => write!(f, "at least {}", ratio(*limit)),
        }
    }
}

/// Every bound whose sides were measured.
#[must_use]
pub fn bounds(results: &Results) -> Vec<Bound> {
    let of = |version| {
        let no_op = [10, 100_000].map(|rules| beside_no_op(results, version, rules));
        let native = [(1_000, 5.0), (10_000, 100.0)]
            .map(|(rules, times)| beside_native(results, version, rules, times));
        let all = no_op.into_iter().chain(native);
        all.chain([beside_ext_authz(results, version)]).flatten()
    };
    HttpVersion::ALL.into_iter().flat_map(of).collect()
}

fn beside_no_op(results: &Results, version: HttpVersion, rules: usize) -> Option<Bound> {
    let ours = results.added(Contestant::Ours(principals(rules)), version)?;
    Some(Bound {
        claim: format!(
            "{}: added at {} rules, to the no-op's of the SDK",
            version.name(),
            thousands(rules)
        ),
        measured: quotient(ours, results.added(Contestant::SdkNoOp, version)?),
        limit: Limit::AtMost(3.0),
    })
}

fn beside_native(results: &Results, version: HttpVersion, rules: usize, times: f64) -> Option<Bound> {
    let native = results.added(Contestant::NativeRbac(principals(rules)), version)?;
    Some(Bound {
        claim: format!(
            "{}: added by native RBAC at {} rules, to ours",
            version.name(),
            thousands(rules)
        ),
        measured: quotient(
            native,
            results.added(Contestant::Ours(principals(rules)), version)?,
        ),
        limit: Limit::AtLeast(times),
    })
}

/// The dearest of ours.
fn beside_ext_authz(results: &Results, version: HttpVersion) -> Option<Bound> {
    let ours = results
        .contestants(version)
        .filter_map(|contestant| match contestant {
            Contestant::Ours(_) => results.added(contestant, version),
            Contestant::NoFilter
            | Contestant::SmallestNoOp
            | Contestant::SdkNoOp
            | Contestant::OursWithoutInterlock(_)
            | Contestant::NativeRbac(_)
            | Contestant::ExtAuthz => None,
        });
    Some(Bound {
        claim: format!("{}: added at any size, to ext_authz's", version.name()),
        measured: quotient(
            ours.reduce(f64::max)?,
            results.added(Contestant::ExtAuthz, version)?,
        ),
        limit: Limit::Below(1.0),
    })
}

/// Of two times that are both above zero; what is not, is noise, and so is its ratio to anything.
fn quotient(one: f64, other: f64) -> f64 {
    if one > 0.0 && other > 0.0 {
        one / other
    } else {
        f64::NAN
    }
}

fn principals(rules: usize) -> RuleSet {
    RuleSet {
        distribution: Distribution::Principals,
        rules,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::results::Entry;
    use crate::envoy::rule_set::Aim;
    use crate::envoy::summary::Summary;

    fn results(figures: &[(Contestant, f64)]) -> Results {
        let row = |&(contestant, cpu): &(Contestant, f64)| {
            let entry = Entry {
                contestant,
                aim: Aim::Last,
                version: HttpVersion::Http1,
            };
            let summary = Summary {
                requests: 1,
                cpu,
                p50: 0.0,
                p99: 0.0,
            };
            (entry, summary)
        };
        Results(figures.iter().map(row).collect())
    }

    #[test]
    fn a_bound_compares_what_is_added_and_not_what_a_request_costs() {
        let bounds = bounds(&results(&[
            (Contestant::NoFilter, 100.0),
            (Contestant::SdkNoOp, 102.0),
            (Contestant::Ours(principals(10)), 106.0),
            (Contestant::Ours(principals(100_000)), 107.0),
            (Contestant::ExtAuthz, 107.0),
        ]));
        let shown: Vec<_> = bounds
            .iter()
            .map(|bound| (bound.measured, bound.verdict().word()))
            .collect();
        assert_eq!(shown, [(3.0, "held"), (3.5, "missed"), (1.0, "missed")]);
    }

    #[test]
    fn native_rbac_must_add_many_times_as_much() {
        let bounds = bounds(&results(&[
            (Contestant::NoFilter, 10.0),
            (Contestant::Ours(principals(1_000)), 12.0),
            (Contestant::NativeRbac(principals(1_000)), 20.0),
            (Contestant::Ours(principals(10_000)), 12.0),
            (Contestant::NativeRbac(principals(10_000)), 208.0),
        ]));
        let shown: Vec<_> = bounds
            .iter()
            .map(|bound| (bound.measured, bound.verdict().word()))
            .collect();
        assert_eq!(shown, [(5.0, "held"), (99.0, "missed")]);
    }

    #[test]
    fn a_ratio_to_less_than_nothing_is_unclear() {
        let bounds = bounds(&results(&[
            (Contestant::NoFilter, 100.0),
            (Contestant::SdkNoOp, 99.0),
            (Contestant::Ours(principals(10)), 106.0),
        ]));
        assert_eq!(bounds[0].verdict(), Verdict::Unclear);
    }

    #[test]
    fn what_was_not_measured_has_no_bound() {
        assert_eq!(bounds(&results(&[(Contestant::NoFilter, 1.0)])), []);
    }
}
