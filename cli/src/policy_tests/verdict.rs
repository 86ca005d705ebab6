//! [`Verdict`]: what the engine says of a request, in the words that a test expects.

use serde::Serialize;
use spiffe_authz_policy::{Decision, Observations, PolicyId};

/// What was decided, and what policies that only watch say.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
    pub(super) decision: &'static str,
    pub(super) cause: &'static str,
    /// `namespace/name`, where a rule decided.
    pub(super) policy: Option<String>,
    /// The index of that rule in its policy.
    pub(super) rule: Option<usize>,
    /// The AUDIT policies that match.
    pub(super) audited: Vec<String>,
    /// The dry-run policies that would deny.
    pub(super) would_deny: Vec<String>,
    /// The dry-run policies that would allow.
    pub(super) would_allow: Vec<String>,
}

impl Verdict {
    pub(super) fn of(decision: &Decision<'_>, observations: &Observations<'_>) -> Self {
        let rule = decision.rule();
        let audited = observations.audited.iter().map(|rule| rule.policy);
        Self {
            decision: decision.effect(),
            cause: decision.code(),
            policy: rule.map(|rule| rule.policy.to_string()),
            rule: rule.map(|rule| rule.index),
            audited: names(audited),
            would_deny: names(observations.would_deny.iter().copied()),
            would_allow: names(observations.would_allow.iter().copied()),
        }
    }
}

/// The names, sorted.
fn names<'p>(ids: impl Iterator<Item = &'p PolicyId>) -> Vec<String> {
    let mut names: Vec<String> = ids.map(PolicyId::to_string).collect();
    names.sort_unstable();
    names
}
