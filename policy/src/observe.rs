//! [`Observations`]: what AUDIT and dry-run policies say about a request. They never decide.

use crate::attached::{DryRun, DryRunEffect};
use crate::decision::{PolicyId, RuleRef};
use crate::layers::Layers;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::request::Request;
use crate::rule::facts::Facts;
use crate::rule::policy::Policy;

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
        !(self.attached.audit.is_empty() && self.attached.dry_run.is_empty())
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
        let applying = |policy| Policy::first_applying(policy, &facts).map(|found| found.rule);
        Observations {
            audited: self.attached.audit.iter().filter_map(applying).collect(),
            would_deny,
            would_allow,
            shadow: self.shadow(&facts),
        }
    }

    /// The policies that would deny, and those that would allow, each promoted alone.
    fn would_change(&self, facts: &Facts<'_>) -> (Vec<&PolicyId>, Vec<&PolicyId>) {
        let is_allowed = Layers::enforced(self).permit(facts).is_ok();
        let changed = self.attached.dry_run.iter();
        let changed = changed
            .filter(|dry_run| self.would_allow(dry_run, facts) != is_allowed)
            .map(|dry_run| &dry_run.policy.id)
            .collect();
        if is_allowed {
            (changed, Vec::new())
        } else {
            (Vec::new(), changed)
        }
    }

    /// Whether the request would be allowed, were this policy in force too. It also brings in what its rules ask of
    /// the form of a host and a path.
    fn would_allow(&self, dry_run: &DryRun, facts: &Facts<'_>) -> bool {
        let DryRun { effect, policy } = dry_run;
        let enforced = Layers::enforced(self);
        let promoted = match effect {
            DryRunEffect::Deny => enforced.with_deny(policy),
            DryRunEffect::Allow => enforced.with_allow(policy),
        };
        self.require_plain_forms(facts.request, policy.inputs()).is_ok() && promoted.permit(facts).is_ok()
    }

    fn shadow(&self, facts: &Facts<'_>) -> Shadow<'_> {
        match self.profile {
            Profile::ZeroTrust => Shadow::default(),
            Profile::Istio => Shadow {
                deny: engine(self.attached.dry_run_to(DryRunEffect::Deny), |mut policies| {
                    let found = policies.find_map(|policy| policy.first_applying(facts));
                    found.map_or(ShadowResult::Allowed(None), |found| {
                        ShadowResult::Denied(Some(found.rule))
                    })
                }),
                allow: engine(self.attached.dry_run_to(DryRunEffect::Allow), |mut policies| {
                    let rule = policies.find_map(|policy| policy.first_matching(facts));
                    rule.map_or(ShadowResult::Denied(None), |rule| {
                        ShadowResult::Allowed(Some(rule))
                    })
                }),
            },
        }
    }
}

/// An engine without policies does not exist, and says nothing.
fn engine<'p, P: Iterator<Item = &'p Policy> + Clone>(
    policies: P,
    judge: impl FnOnce(P) -> ShadowResult<'p>,
) -> Option<ShadowResult<'p>> {
    policies.clone().next()?;
    Some(judge(policies))
}
