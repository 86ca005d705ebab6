//! [`Observations`]: what AUDIT and dry-run policies say about a request. They never decide.

use crate::attached::{DryRun, DryRunEffect, DryRuns};
use crate::decision::{PolicyId, RuleRef};
use crate::layer::{Layer, Sought};
use crate::layers::Layers;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::request::Request;
use crate::rule::facts::Facts;

/// What policies that only watch say about one request.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Observations<'p> {
    /// Of each AUDIT policy that matches, the first rule.
    pub audited: Vec<RuleRef<'p>>,
    /// The dry-run policies that would deny the request, which is allowed, were they in force.
    pub would_deny: Vec<&'p PolicyId>,
    /// The dry-run policies that would allow the request, which is denied, were they in force.
    pub would_allow: Vec<&'p PolicyId>,
    /// What Istio's own dry run says (profile istio, S-8).
    pub shadow: Shadow<'p>,
}

impl Observations<'_> {
    /// Whether no policy says anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Dry-run policies judged by themselves, without those in force, as Istio judges them (S-8).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Shadow<'p> {
    /// Of the DENY policies, if there are any.
    pub deny: Option<ShadowResult<'p>>,
    /// Of the ALLOW policies, if there are any.
    pub allow: Option<ShadowResult<'p>>,
}

/// One result of Istio's dry run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ShadowResult<'p> {
    /// The request would go on; an ALLOW rule names itself.
    Allowed(Option<RuleRef<'p>>),
    /// The request would end; a DENY rule names itself.
    Denied(Option<RuleRef<'p>>),
}

impl PolicySet {
    /// Whether any policy only watches, so that [`PolicySet::observe`] has something to say.
    #[must_use]
    pub fn observes(&self) -> bool {
        !(self.attached.audit.policies().is_empty() && self.attached.dry_run.is_empty())
    }

    /// What the policies that only watch say. A request that its size, PeerAuthentication, the identity or the form of host
    /// or path denies gets to none of them.
    #[must_use]
    pub fn observe(&self, request: &Request<'_>) -> Observations<'_> {
        if !self.observes() {
            return Observations::default();
        }
        let Ok(facts) = self.establish(request) else {
            return Observations::default();
        };
        let (would_deny, would_allow) = self.would_change(&facts);
        let audited = self.attached.audit.rules().each(Sought::Applying, &facts);
        Observations {
            audited: audited.map(|found| found.rule).collect(),
            would_deny,
            would_allow,
            shadow: self.shadow(&facts),
        }
    }

    /// The policies that would deny, and those that would allow, each promoted alone.
    fn would_change(&self, facts: &Facts<'_>) -> (Vec<&PolicyId>, Vec<&PolicyId>) {
        let is_allowed = Layers::enforced(self).permit(facts).is_ok();
        let mut changed = self.that_may_change(is_allowed, facts);
        changed.retain(|dry_run| self.would_allow(dry_run, facts) != is_allowed);
        let changed = changed.into_iter().map(|dry_run| dry_run.id).collect();
        if is_allowed {
            (changed, Vec::new())
        } else {
            (Vec::new(), changed)
        }
    }

    /// The dry-run policies that may change what is decided, in their order, and maybe others. As a rule a DENY policy that
    /// applies, or an ALLOW policy that matches; where the form of host or path is doubtful it may be any, and so where an
    /// ALLOW policy would be the first.
    fn that_may_change(&self, is_allowed: bool, facts: &Facts<'_>) -> Vec<DryRun<'_>> {
        let dry_run = &self.attached.dry_run;
        let is_doubtful = self.require_plain_forms(facts.request, dry_run.inputs).is_err();
        if is_doubtful || self.attached.allow.policies().is_empty() {
            return dry_run.all().collect();
        }
        let (effect, sought) = if is_allowed {
            (DryRunEffect::Deny, Sought::Applying)
        } else {
            (DryRunEffect::Allow, Sought::Matching)
        };
        let found = dry_run.layer(effect).rules().each(sought, facts);
        found
            .filter_map(|found| dry_run.get(effect, found.policy_number))
            .collect()
    }

    /// Whether the request would be allowed, were this policy in force too. It also brings in what its rules ask of
    /// the form of a host and a path.
    fn would_allow(&self, dry_run: &DryRun<'_>, facts: &Facts<'_>) -> bool {
        let enforced = Layers::enforced(self);
        let promoted = match dry_run.effect {
            DryRunEffect::Deny => enforced.with_deny(dry_run.rules),
            DryRunEffect::Allow => enforced.with_allow(dry_run.rules),
        };
        self.require_plain_forms(facts.request, dry_run.inputs).is_ok() && promoted.permit(facts).is_ok()
    }

    fn shadow(&self, facts: &Facts<'_>) -> Shadow<'_> {
        let DryRuns { deny, allow, .. } = &self.attached.dry_run;
        match self.profile {
            Profile::ZeroTrust => Shadow::default(),
            Profile::Istio => Shadow {
                deny: (!deny.policies().is_empty()).then(|| shadow_deny(deny, facts)),
                allow: (!allow.policies().is_empty()).then(|| shadow_allow(allow, facts)),
            },
        }
    }
}

fn shadow_deny<'p>(layer: &'p Layer, facts: &Facts<'_>) -> ShadowResult<'p> {
    match layer.rules().first(Sought::Applying, facts) {
        None => ShadowResult::Allowed(None),
        Some(found) => ShadowResult::Denied(Some(found.rule)),
    }
}

fn shadow_allow<'p>(layer: &'p Layer, facts: &Facts<'_>) -> ShadowResult<'p> {
    match layer.rules().first(Sought::Matching, facts) {
        None => ShadowResult::Denied(None),
        Some(found) => ShadowResult::Allowed(Some(found.rule)),
    }
}
