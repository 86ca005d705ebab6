//! Decisions by a walk over all policies and rules, as the specification has it: what the index is compared with.
//!
//! For tests and benchmarks, not for the filter. Nothing here goes through [`Layer`].

use std::iter;

use crate::attached::{DryRun, DryRunEffect, DryRuns};
use crate::attribute::Attribute;
use crate::decision::{Decision, Denial, Permit, PermitCause, PolicyId, RuleRef};
use crate::input::Input;
use crate::layer::Layer;
use crate::observe::{Observations, Shadow, ShadowResult};
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::request::Request;
use crate::rule::Rule;
use crate::rule::facts::Facts;
use crate::rule::policy::Policy;
use crate::truth::Truth;

impl PolicySet {
    /// What [`PolicySet::decide`] says, by a walk over all rules.
    pub fn decide_linearly(&self, request: &Request<'_>) -> Decision<'_> {
        let cause = self
            .establish(request)
            .and_then(|facts| Walk::enforced(self).permit(&facts));
        match cause {
            Ok(cause) => Decision::Allow(Permit::new(cause)),
            Err(denial) => Decision::Deny(denial),
        }
    }

    /// What [`PolicySet::observe`] says, by a walk over all rules.
    #[must_use]
    pub fn observe_linearly(&self, request: &Request<'_>) -> Observations<'_> {
        if !self.observes() {
            return Observations::default();
        }
        let Ok(facts) = self.establish(request) else {
            return Observations::default();
        };
        let (would_deny, would_allow) = self.would_change_linearly(&facts);
        let audited = self.attached.audit.policies().iter();
        Observations {
            audited: audited
                .filter_map(|policy| Some(first_applying(policy, &facts)?.rule))
                .collect(),
            would_deny,
            would_allow,
            shadow: self.shadow_linearly(&facts),
        }
    }

    fn would_change_linearly(&self, facts: &Facts<'_>) -> (Vec<&PolicyId>, Vec<&PolicyId>) {
        let is_allowed = Walk::enforced(self).permit(facts).is_ok();
        let changed = self.attached.dry_run.all();
        let changed = changed
            .filter(|dry_run| self.would_allow_linearly(dry_run, facts) != is_allowed)
            .map(|dry_run| dry_run.id)
            .collect();
        if is_allowed {
            (changed, Vec::new())
        } else {
            (Vec::new(), changed)
        }
    }

    fn would_allow_linearly(&self, dry_run: &DryRun<'_>, facts: &Facts<'_>) -> bool {
        let enforced = Walk::enforced(self);
        let promoted = match dry_run.effect {
            DryRunEffect::Deny => enforced.with_deny(dry_run.policy),
            DryRunEffect::Allow => enforced.with_allow(dry_run.policy),
        };
        self.require_plain_forms(facts.request, dry_run.policy.inputs())
            .is_ok()
            && promoted.permit(facts).is_ok()
    }

    fn shadow_linearly(&self, facts: &Facts<'_>) -> Shadow<'_> {
        if self.profile == Profile::ZeroTrust {
            return Shadow::default();
        }
        let DryRuns { deny, allow, .. } = &self.attached.dry_run;
        Shadow {
            deny: engine(deny).map(|policies| shadow_deny(policies, facts)),
            allow: engine(allow).map(|policies| shadow_allow(policies, facts)),
        }
    }
}

fn shadow_deny<'p>(policies: &'p [Policy], facts: &Facts<'_>) -> ShadowResult<'p> {
    let found = policies.iter().find_map(|policy| first_applying(policy, facts));
    found.map_or(ShadowResult::Allowed(None), |found| {
        ShadowResult::Denied(Some(found.rule))
    })
}

fn shadow_allow<'p>(policies: &'p [Policy], facts: &Facts<'_>) -> ShadowResult<'p> {
    let rule = policies.iter().find_map(|policy| first_matching(policy, facts));
    rule.map_or(ShadowResult::Denied(None), |rule| {
        ShadowResult::Allowed(Some(rule))
    })
}

/// An engine without policies does not exist, and says nothing.
fn engine(layer: &Layer) -> Option<&[Policy]> {
    Some(layer.policies()).filter(|policies| !policies.is_empty())
}

/// The policies in force, and one more where a dry run asks what it would change.
#[derive(Clone, Copy)]
struct Walk<'p> {
    profile: Profile,
    deny: &'p [Policy],
    more_deny: Option<&'p Policy>,
    allow: &'p [Policy],
    more_allow: Option<&'p Policy>,
}

impl<'p> Walk<'p> {
    /// What is in force.
    fn enforced(set: &'p PolicySet) -> Self {
        Self {
            profile: set.profile,
            deny: set.attached.deny.policies(),
            more_deny: None,
            allow: set.attached.allow.policies(),
            more_allow: None,
        }
    }

    /// The same with one more DENY policy.
    fn with_deny(self, policy: &'p Policy) -> Self {
        Self {
            more_deny: Some(policy),
            ..self
        }
    }

    /// The same with one more ALLOW policy.
    fn with_allow(self, policy: &'p Policy) -> Self {
        Self {
            more_allow: Some(policy),
            ..self
        }
    }

    /// DENY, then ALLOW, then the profile's default.
    fn permit(self, facts: &Facts<'_>) -> Result<PermitCause<'p>, Denial<'p>> {
        if let Some(exception) = self.pass_deny(facts)? {
            return Ok(PermitCause::MatchedException(exception));
        }
        if self.allow().next().is_none() {
            return self.without_allow_policy();
        }
        let matched = self.allow().find_map(|policy| first_matching(policy, facts));
        matched
            .map(PermitCause::MatchedAllow)
            .ok_or_else(|| self.nothing_matched(facts))
    }

    /// Denies by the first DENY policy that applies and is not lifted; the rule that lifted the first one, where
    /// all that apply are.
    fn pass_deny(self, facts: &Facts<'_>) -> Result<Option<RuleRef<'p>>, Denial<'p>> {
        let mut lifted = None;
        for policy in self.deny() {
            let Some(found) = first_applying(policy, facts) else {
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
            .find_map(|policy| first_matching(policy, facts))
    }

    fn nothing_matched(self, facts: &Facts<'_>) -> Denial<'p> {
        self.allow()
            .find_map(|policy| first_lacking_source_ip(policy, facts))
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

/// A rule, how true it is, and whether the truth hangs on a direct peer address that cannot be read.
struct Found<'p> {
    rule: RuleRef<'p>,
    truth: Truth,
    lacks_source_ip: bool,
}

/// The first rule that matches or cannot be shown not to: for DENY and AUDIT. On TCP the parts that read HTTP
/// are left out, which widens the rule (S-10).
fn first_applying<'p>(policy: &'p Policy, facts: &Facts<'_>) -> Option<Found<'p>> {
    let rules = policy.rules.iter().enumerate();
    let mut found = rules.map(|rule| found_in(policy, rule, facts));
    found.find(|found| found.truth != Truth::False)
}

/// The first rule that matches for certain: for ALLOW. On TCP a rule that reads HTTP never does (S-10).
fn first_matching<'p>(policy: &'p Policy, facts: &Facts<'_>) -> Option<RuleRef<'p>> {
    let mut found = allowing(policy, facts);
    found
        .find(|found| found.truth == Truth::True)
        .map(|found| found.rule)
}

/// The first rule that would have to be known to match, had the direct peer address been readable.
fn first_lacking_source_ip<'p>(policy: &'p Policy, facts: &Facts<'_>) -> Option<RuleRef<'p>> {
    let mut found = allowing(policy, facts);
    found.find(|found| found.lacks_source_ip).map(|found| found.rule)
}

fn allowing<'p>(policy: &'p Policy, facts: &Facts<'_>) -> impl Iterator<Item = Found<'p>> {
    let rules: &[Rule] = if is_live(policy, facts) {
        &policy.rules
    } else {
        &[]
    };
    rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.is_whole_on(facts.protocol()))
        .map(|rule| found_in(policy, rule, facts))
}

fn found_in<'p>(policy: &'p Policy, (index, rule): (usize, &Rule), facts: &Facts<'_>) -> Found<'p> {
    let truth = rule.judge(facts);
    Found {
        rule: RuleRef {
            policy: &policy.id,
            index,
        },
        truth,
        lacks_source_ip: truth == Truth::Unknown && rule.reads(Input::SourceIp) && facts.lacks_source_ip(),
    }
}

/// An exception matches before its end, and where the time is known.
fn is_live(policy: &Policy, facts: &Facts<'_>) -> bool {
    policy
        .exception
        .as_ref()
        .is_none_or(|exception| match facts.time() {
            Attribute::Known(now) => now < exception.until,
            Attribute::Absent | Attribute::Unreadable => false,
        })
}
