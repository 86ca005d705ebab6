//! [`Explanation`]: why a decision is what it is.
//!
//! Nothing is judged twice in different ways here: the decision is that of [`PolicySet::decide`], and each check, rule,
//! field and condition is asked by the function that asks it there.

mod alternative;
mod check;
mod clause;
mod got;
mod nearest;
mod peer_verdict;
mod printable;
mod rule;

use crate::decision::Decision;
use crate::mtls::MtlsMode;
use crate::observe::Observations;
use crate::path_class::PathClass;
use crate::policy_set::PolicySet;
use crate::request::Request;
use crate::rule::facts::Facts;

pub use alternative::JudgedAlternative;
pub use check::{JudgedCheck, RequestCheck};
pub use clause::JudgedClause;
pub use got::Got;
pub use peer_verdict::PeerVerdict;
pub use rule::{Hindrance, JudgedRule, Layer};

/// Why a decision is what it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Explanation<'p> {
    /// What [`PolicySet::decide`] says.
    pub decision: Decision<'p>,
    /// What [`PolicySet::observe`] says.
    pub observations: Observations<'p>,
    /// The mTLS mode of the port that the request came to.
    pub mtls_mode: MtlsMode,
    /// Who the peer is.
    pub peer: PeerVerdict,
    /// What is asked before any rule, in its order. The first that denies decides.
    pub checks: Vec<JudgedCheck>,
    /// The ways in which the path can be read in more than one way, whether policies compare paths or not.
    pub path_classes: Vec<PathClass>,
    /// Every rule of every attached policy, by layer, then policy order, then rule index; none where a check denied.
    pub rules: Vec<JudgedRule<'p>>,
}

impl PolicySet {
    /// Judges one request, and tells how each part of the policies judged. For people: it costs much more than
    /// [`PolicySet::decide`].
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation<'_> {
        let peer = self.svid.peer(request.peer);
        let facts = self.establish(request).ok();
        Explanation {
            decision: self.decide(request),
            observations: self.observe(request),
            mtls_mode: self.mtls.of(request.destination_port),
            peer: PeerVerdict::of(self, peer, request.time),
            checks: check::all(self, request, peer),
            path_classes: self.ambiguous_path_classes(request).collect(),
            rules: facts.map(|facts| self.judged_rules(&facts)).unwrap_or_default(),
        }
    }

    fn judged_rules(&self, facts: &Facts<'_>) -> Vec<JudgedRule<'_>> {
        let attached = &self.attached;
        let layers = [
            (Layer::Deny, &attached.deny),
            (Layer::Allow, &attached.allow),
            (Layer::Audit, &attached.audit),
            (Layer::DryRunDeny, &attached.dry_run.deny),
            (Layer::DryRunAllow, &attached.dry_run.allow),
        ];
        let policies = layers
            .into_iter()
            .flat_map(|(layer, policies)| policies.policies().iter().map(move |policy| (layer, policy)));
        policies
            .flat_map(|(layer, policy)| JudgedRule::all_of(layer, policy, facts))
            .collect()
    }
}
