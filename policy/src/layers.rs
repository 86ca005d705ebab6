//! [`Layers`]: the DENY and ALLOW policies that a decision rests on.

use std::iter;

use crate::decision::{Denial, PermitCause, PolicyId, RuleRef};
use crate::layer::{Run, Sought};
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::rule::facts::Facts;
use crate::rule::policy::Found;

/// The policies in force, and one more where a dry run asks what it would change.
#[derive(Clone, Copy)]
pub(crate) struct Layers<'p> {
    set: &'p PolicySet,
    more_deny: Option<Run<'p>>,
    more_allow: Option<Run<'p>>,
}

impl<'p> Layers<'p> {
    /// What is in force.
    pub(crate) fn enforced(set: &'p PolicySet) -> Self {
        Self {
            set,
            more_deny: None,
            more_allow: None,
        }
    }

    /// The same with one more DENY policy.
    pub(crate) fn with_deny(self, policy: Run<'p>) -> Self {
        Self {
            more_deny: Some(policy),
            ..self
        }
    }

    /// The same with one more ALLOW policy.
    pub(crate) fn with_allow(self, policy: Run<'p>) -> Self {
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
        if self.set.attached.allow.policies().is_empty() && self.more_allow.is_none() {
            return self.without_allow_policy();
        }
        self.first_allowing(Sought::Matching, facts)
            .map(PermitCause::MatchedAllow)
            .ok_or_else(|| self.nothing_matched(facts))
    }

    /// Denies by the first DENY policy that applies and is not lifted; the rule that lifted the first one, where
    /// all that apply are.
    fn pass_deny(self, facts: &Facts<'_>) -> Result<Option<RuleRef<'p>>, Denial<'p>> {
        let mut lifted = None;
        let deny = iter::chain([self.set.attached.deny.rules()], self.more_deny);
        for found in deny.flat_map(|run| run.each(Sought::Applying, facts)) {
            match self.exception_from(&found.policy.id, facts) {
                Some(exception) => lifted = lifted.or(Some(exception)),
                None => return Err(denial(found)),
            }
        }
        Ok(lifted)
    }

    /// The rule that lifts a DENY policy from this request (E-7).
    fn exception_from(self, deny: &PolicyId, facts: &Facts<'_>) -> Option<RuleRef<'p>> {
        self.first_allowing(Sought::Lifting(deny), facts)
    }

    fn nothing_matched(self, facts: &Facts<'_>) -> Denial<'p> {
        if !facts.lacks_source_ip() {
            return Denial::NoMatchingAllow;
        }
        self.first_allowing(Sought::LackingSourceIp, facts)
            .map_or(Denial::NoMatchingAllow, Denial::SourceIpUnreadable)
    }

    fn without_allow_policy(self) -> Result<PermitCause<'p>, Denial<'p>> {
        match self.set.profile {
            Profile::ZeroTrust => Err(Denial::NoAllowPolicy),
            Profile::Istio => Ok(PermitCause::NoAllowPolicy),
        }
    }

    fn first_allowing(self, sought: Sought<'_>, facts: &Facts<'_>) -> Option<RuleRef<'p>> {
        let mut allow = iter::chain([self.set.attached.allow.rules()], self.more_allow);
        let found = allow.find_map(|run| run.first(sought, facts));
        found.map(|found| found.rule)
    }
}

fn denial(found: Found<'_>) -> Denial<'_> {
    if found.lacks_source_ip {
        return Denial::SourceIpUnreadable(found.rule);
    }
    Denial::MatchedDeny {
        rule: found.rule,
        response: found.policy.deny_response.as_ref(),
    }
}
