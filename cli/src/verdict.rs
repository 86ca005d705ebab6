//! [`Verdict`]: what was decided of a request, in the words of every verb that answers.

use std::borrow::Cow;

use spiffe_authz_policy::{Decision, Observations, PolicyId, PolicySet, Request};
use spiffe_authz_simulate::{self as simulate, Effect};

/// A decision, and what policies that only watch say.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    pub(crate) decision: &'static str,
    pub(crate) cause: Cow<'static, str>,
    /// `namespace/name`, where a rule decided.
    pub(crate) policy: Option<String>,
    /// The index of that rule in its policy.
    pub(crate) rule: Option<usize>,
    /// The AUDIT policies that match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) audited: Vec<String>,
    /// The dry-run policies that would deny.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) would_deny: Vec<String>,
    /// The dry-run policies that would allow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) would_allow: Vec<String>,
}

impl Verdict {
    /// What the engine says.
    pub(crate) fn on(request: &Request<'_>, policies: &PolicySet) -> Self {
        Self::of(&policies.decide(request), &policies.observe(request))
    }

    /// What the engine said.
    pub(crate) fn of(decision: &Decision<'_>, observations: &Observations<'_>) -> Self {
        let rule = decision.rule();
        Self {
            decision: decision.effect(),
            cause: decision.code().into(),
            policy: rule.map(|rule| rule.policy.to_string()),
            rule: rule.map(|rule| rule.index),
            audited: names(observations.audited.iter().map(|rule| rule.policy)),
            would_deny: names(observations.would_deny.iter().copied()),
            would_allow: names(observations.would_allow.iter().copied()),
        }
    }

    pub(crate) fn is_denial(&self) -> bool {
        self.decision == Effect::Deny.word()
    }
}

impl From<simulate::Verdict> for Verdict {
    fn from(left: simulate::Verdict) -> Self {
        Self {
            decision: left.decision.word(),
            cause: left.cause.into(),
            policy: left.policy,
            rule: left.rule,
            audited: left.audited,
            would_deny: left.would_deny,
            would_allow: left.would_allow,
        }
    }
}

fn names<'p>(ids: impl Iterator<Item = &'p PolicyId>) -> Vec<String> {
    ids.map(PolicyId::to_string).collect()
}
