//! [`Layers`]: the DENY and ALLOW policies that a decision rests on.

use std::iter;

use crate::decision::{Denial, PermitCause, PolicyId, RuleRef};
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::rule::facts::Facts;
use crate::rule::policy::{Found, Policy};

/// The policies in force, and one more where a dry run asks what it would change.
#[derive(Clone, Copy)]
pub(crate) struct Layers<'p> {
    profile: Profile,
    deny: &'p [Policy],
    more_deny: Option<&'p Policy>,
    allow: &'p [Policy],
    more_allow: Option<&'p Policy>,
}

impl<'p> Layers<'p> {
    /// What is in force.
    pub(crate) fn enforced(set: &'p PolicySet) -> Self {
        Self {
            profile: set.profile,
            deny: &set.attached.deny,
            more_deny: None,
            allow: &set.attached.allow,
            more_allow: None,
        }
    }

    /// The same with one more DENY policy.
    pub(crate) fn with_deny(self, policy: &'p Policy) -> Self {
        Self {
            more_deny: Some(policy),
            ..self
        }
    }

    /// The same with one more ALLOW policy.
    pub(crate) fn with_allow(self, policy: &'p Policy) -> Self {
        Self {
            more_allow: Some(policy),
            ..self
        }
    }

    /// DENY, then ALLOW, then the profile's default.
    pub(crate) fn permit(self, facts: &Facts<'_>) -> Result<PermitCause<'p>, Denial<'p>> {
        if let Some(exception) = self.pass_deny(facts)? {
            return Ok(PermitCause::MatchedException(exception));
        }
        if self.allow().next().is_none() {
            return self.without_allow_policy();
        }
        let matched = self.allow().find_map(|policy| policy.first_matching(facts));
        matched
            .map(PermitCause::MatchedAllow)
            .ok_or_else(|| self.nothing_matched(facts))
    }

    /// Denies by the first DENY policy that applies and is not lifted; the rule that lifted the first one, where
    /// all that apply are.
    fn pass_deny(self, facts: &Facts<'_>) -> Result<Option<RuleRef<'p>>, Denial<'p>> {
        let mut lifted = None;
        for policy in self.deny() {
            let Some(found) = policy.first_applying(facts) else {
                continue;
            };
            match self.exception_from(&policy.id, facts) {
                Some(exception) => lifted = lifted.or(Some(exception)),
                None => return Err(denial(policy, found)),
            }
        }
        Ok(lifted)
    }

    /// The rule that lifts a DENY policy from this request (E-7).
    fn exception_from(self, deny: &PolicyId, facts: &Facts<'_>) -> Option<RuleRef<'p>> {
        self.allow()
            .filter(|policy| policy.lifts(deny))
            .find_map(|policy| policy.first_matching(facts))
    }

    fn nothing_matched(self, facts: &Facts<'_>) -> Denial<'p> {
        self.allow()
            .find_map(|policy| policy.first_lacking_source_ip(facts))
            .map_or(Denial::NoMatchingAllow, Denial::SourceIpUnreadable)
    }

    fn without_allow_policy(self) -> Result<PermitCause<'p>, Denial<'p>> {
        match self.profile {
            Profile::ZeroTrust => Err(Denial::NoAllowPolicy),
            Profile::Istio => Ok(PermitCause::NoAllowPolicy),
        }
    }

    fn deny(self) -> impl Iterator<Item = &'p Policy> {
        iter::chain(self.deny, self.more_deny)
    }

    fn allow(self) -> impl Iterator<Item = &'p Policy> {
        iter::chain(self.allow, self.more_allow)
    }
}

fn denial<'p>(policy: &'p Policy, found: Found<'p>) -> Denial<'p> {
    if found.lacks_source_ip {
        return Denial::SourceIpUnreadable(found.rule);
    }
    Denial::MatchedDeny {
        rule: found.rule,
        response: policy.deny_response.as_ref(),
    }
}
