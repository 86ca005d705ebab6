//! Our engine, as the filter calls it.

use spiffe_authz_policy::{Decision, PolicySet, Request};

use crate::contestant::Contestant;

/// A compiled document, and requests as the filter would put them together. Compiling is not a matter of a request.
pub struct Ours<'t> {
    policies: &'t PolicySet,
    requests: &'t [&'t Request<'t>],
    decide: fn(&PolicySet, &Request<'_>) -> bool,
}

impl<'t> Ours<'t> {
    /// By the index.
    #[must_use]
    pub fn indexed(policies: &'t PolicySet, requests: &'t [&'t Request<'t>]) -> Self {
        Self {
            policies,
            requests,
            decide: |policies, request| matches!(policies.decide(request), Decision::Allow(_)),
        }
    }

    /// Rule by rule.
    #[must_use]
    pub fn one_by_one(policies: &'t PolicySet, requests: &'t [&'t Request<'t>]) -> Self {
        Self {
            policies,
            requests,
            decide: |policies, request| matches!(policies.decide_linearly(request), Decision::Allow(_)),
        }
    }
}

impl Contestant for Ours<'_> {
    fn allows(&mut self, request: usize) -> bool {
        (self.decide)(self.policies, self.requests[request])
    }
}
