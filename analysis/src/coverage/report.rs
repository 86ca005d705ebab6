//! [`Coverage`]: what was tried of each policy, rule and value.

use serde::{Serialize, Serializer};
use spiffe_authz_policy::StatedAction;

use crate::coverage::Cause;

/// What a set of requests tried of a configuration.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Every policy in the order of the configuration, but those that an external authorizer serves.
    pub policies: Vec<PolicyCoverage>,
    /// Every cause that a decision had.
    pub causes: Vec<CauseCount>,
}

/// What was tried of one policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyCoverage {
    /// `namespace/name`.
    pub policy: String,
    /// What it does.
    #[serde(serialize_with = "as_text")]
    pub action: StatedAction,
    /// Whether it is only watched.
    pub dry_run: bool,
    /// Its place, such as `resources[0]`.
    pub at: String,
    /// Whether it applies to a workload that was asked. One that does not is in no total.
    pub applies: bool,
    /// Its rules.
    pub rules: Vec<RuleCoverage>,
}

/// What was tried of one rule.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RuleCoverage {
    /// Its index in its policy, from 0.
    pub rule: usize,
    /// Its place.
    pub at: String,
    /// How many requests it decided.
    pub decided: usize,
    /// How many requests it applied to, whoever decided them; never fewer than it decided.
    pub matched: usize,
    /// Its values.
    pub values: Vec<ValueCoverage>,
}

/// What was tried of one value.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueCoverage {
    /// Its place.
    pub at: String,
    /// The attribute that it is compared with.
    pub key: String,
    /// Its text.
    pub value: String,
    /// Whether it asks for the attribute or excludes it.
    pub sign: ValueSign,
    /// How many requests tried it.
    pub hits: Hits,
}

/// Which list a value stands in.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueSign {
    /// One of its list must match. It is hit by a request that the rule applies to with this value alone in its list.
    AnyOf,
    /// None of its list may match. It is hit by a request that the rule would apply to without its list, and does not with
    /// this value alone in it.
    NoneOf,
}

/// How many requests tried a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hits {
    /// So many.
    Counted(usize),
    /// The rule has more values than are looked at one by one, or the value means nothing alone; it is in no total.
    NotMeasured,
}

/// How often a cause was seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct CauseCount {
    /// `allow` or `deny`.
    pub decision: &'static str,
    /// The cause.
    pub cause: &'static str,
    /// How many requests were decided for it.
    pub count: usize,
}

/// A share of a whole.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Share {
    /// How many were hit.
    pub hit: usize,
    /// How many there are.
    pub of: usize,
}

impl Coverage {
    /// The rules of all policies that apply.
    #[must_use]
    pub fn rules(&self) -> Share {
        self.applying().map(PolicyCoverage::rule_share).sum()
    }

    /// The values of all policies that apply.
    #[must_use]
    pub fn values(&self) -> Share {
        self.applying().map(PolicyCoverage::value_share).sum()
    }

    /// Rules and values together: what a threshold is compared with.
    #[must_use]
    pub fn total(&self) -> Share {
        [self.rules(), self.values()].into_iter().sum()
    }

    /// The policies that apply to a workload that was asked.
    pub fn applying(&self) -> impl Iterator<Item = &PolicyCoverage> {
        self.policies.iter().filter(|policy| policy.applies)
    }
}

impl PolicyCoverage {
    /// How many of its rules applied to a request.
    #[must_use]
    pub fn rule_share(&self) -> Share {
        self.rules.iter().map(|rule| Share::of_one(rule.matched)).sum()
    }

    /// How many of its values were hit.
    #[must_use]
    pub fn value_share(&self) -> Share {
        let values = self.rules.iter().flat_map(|rule| &rule.values);
        values.map(|value| value.hits.share()).sum()
    }
}

impl Hits {
    /// Whether it is known that no request tried the value.
    #[must_use]
    pub fn is_never(self) -> bool {
        self == Self::Counted(0)
    }

    fn share(self) -> Share {
        match self {
            Self::Counted(count) => Share::of_one(count),
            Self::NotMeasured => Share::default(),
        }
    }
}

/// A number, or `null` where it was not measured.
impl Serialize for Hits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Counted(count) => count.serialize(serializer),
            Self::NotMeasured => serializer.serialize_none(),
        }
    }
}

impl CauseCount {
    pub(super) fn new(cause: Cause, count: usize) -> Self {
        Self {
            decision: cause.effect.word(),
            cause: cause.code,
            count,
        }
    }
}

impl Share {
    fn of_one(hits: usize) -> Self {
        Self {
            hit: usize::from(hits > 0),
            of: 1,
        }
    }

    /// The share in percent, rounded down: 100 is everything. `None` of nothing.
    #[must_use]
    pub fn percent(self) -> Option<usize> {
        self.hit.saturating_mul(100).checked_div(self.of)
    }

    /// Whether it is less than so many percent. Of nothing, nothing is missing.
    #[must_use]
    pub fn is_under(self, percent: usize) -> bool {
        self.hit.saturating_mul(100) < self.of.saturating_mul(percent)
    }
}

impl core::iter::Sum for Share {
    fn sum<I: Iterator<Item = Self>>(shares: I) -> Self {
        shares.fold(Self::default(), |sum, share| Self {
            hit: sum.hit.saturating_add(share.hit),
            of: sum.of.saturating_add(share.of),
        })
    }
}

fn as_text<S: Serializer>(action: &StatedAction, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_and_nothing_of_nothing_is_enough() {
        let share = Share { hit: 199, of: 200 };
        assert_eq!(share.percent(), Some(99));
        assert!(share.is_under(100));
        assert!(!share.is_under(99));
        assert_eq!(Share::default().percent(), None);
        assert!(!Share::default().is_under(100));
    }
}
