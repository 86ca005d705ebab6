//! [`Observations`]: what AUDIT and dry-run policies say about a request. They never decide.

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
        !(self.attached.audit.is_empty()
            && self.attached.dry_run_deny.is_empty()
            && self.attached.dry_run_allow.is_empty())
    }

    /// What the policies that only watch say. A request that PeerAuthentication, the identity or the form of the host
    /// denies gets to none of them.
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
        let enforced = Layers::enforced(self);
        let is_allowed = enforced.permit(facts).is_ok();
        let denies = self
            .attached
            .dry_run_deny
            .iter()
            .map(|policy| (policy, enforced.with_deny(policy)));
        let allows = self
            .attached
            .dry_run_allow
            .iter()
            .map(|policy| (policy, enforced.with_allow(policy)));
        let changed = denies
            .chain(allows)
            .filter(|(_, promoted)| promoted.permit(facts).is_ok() != is_allowed)
            .map(|(policy, _)| &policy.id)
            .collect();
        if is_allowed {
            (changed, Vec::new())
        } else {
            (Vec::new(), changed)
        }
    }

    fn shadow(&self, facts: &Facts<'_>) -> Shadow<'_> {
        match self.profile {
            Profile::ZeroTrust => Shadow::default(),
            Profile::Istio => Shadow {
                deny: engine(&self.attached.dry_run_deny, |policies| {
                    let rule = policies.iter().find_map(|policy| policy.first_applying(facts));
                    rule.map_or(ShadowResult::Allowed(None), |found| {
                        ShadowResult::Denied(Some(found.rule))
                    })
                }),
                allow: engine(&self.attached.dry_run_allow, |policies| {
                    let rule = policies.iter().find_map(|policy| policy.first_matching(facts));
                    rule.map_or(ShadowResult::Denied(None), |rule| {
                        ShadowResult::Allowed(Some(rule))
                    })
                }),
            },
        }
    }
}

/// An engine without policies does not exist, and says nothing.
fn engine<'p>(
    policies: &'p [Policy],
    judge: impl FnOnce(&'p [Policy]) -> ShadowResult<'p>,
) -> Option<ShadowResult<'p>> {
    (!policies.is_empty()).then(|| judge(policies))
}
