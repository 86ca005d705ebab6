//! The decision table (S-2 and section 0): total and pure.

use crate::decision::{Decision, Denial, Permit, PermitCause, RuleRef};
use crate::identity::identify;
use crate::matcher::host::{has_userinfo, is_plain};
use crate::mtls::MtlsMode;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::request::{Peer, Request};
use crate::rule::{Facts, Policy};
use crate::truth::Truth;

impl PolicySet {
    /// Judges one request: PeerAuthentication, then the identity, then DENY, then ALLOW, then the profile's
    /// default. The first that decides ends it; the rule named is the first in policy order, then rule index.
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        match self.permit(request) {
            Ok(cause) => Decision::Allow(Permit::new(cause)),
            Err(denial) => Decision::Deny(denial),
        }
    }

    fn permit(&self, request: &Request<'_>) -> Result<PermitCause<'_>, Denial<'_>> {
        self.require_mtls(request)?;
        let facts = Facts {
            identity: identify(self.profile, request.peer)?,
            destination_port: request.destination_port,
            method: request.method,
            host: request.host,
            path: request.path_without_query(),
        };
        self.require_plain_host(request)?;
        if let Some(rule) = first_match(&self.deny, &facts, |truth| truth != Truth::False) {
            return Err(Denial::MatchedDeny(rule));
        }
        if self.allow.is_empty() {
            return self.without_allow_policy();
        }
        first_match(&self.allow, &facts, |truth| truth == Truth::True)
            .map(PermitCause::MatchedAllow)
            .ok_or(Denial::NoMatchingAllow)
    }

    fn require_mtls(&self, request: &Request<'_>) -> Result<(), Denial<'static>> {
        match (self.mtls.of(request.destination_port), request.peer) {
            (MtlsMode::Strict, Peer::Plaintext) => Err(Denial::MtlsRequired),
            (MtlsMode::Strict, Peer::Unreadable) => Err(Denial::PeerUnreadable),
            (MtlsMode::Strict, Peer::Certificate(_)) | (MtlsMode::Permissive | MtlsMode::Disable, _) => {
                Ok(())
            }
        }
    }

    /// Profile zero-trust: user information is always refused, any other doubtful form where a rule in force
    /// compares hosts.
    fn require_plain_host(&self, request: &Request<'_>) -> Result<(), Denial<'static>> {
        let Some(host) = request.host.known() else {
            return Ok(());
        };
        let doubtful = has_userinfo(host) || (self.reads_host && !is_plain(host));
        match self.profile {
            Profile::ZeroTrust if doubtful => Err(Denial::AmbiguousHost),
            Profile::ZeroTrust | Profile::Istio => Ok(()),
        }
    }

    fn without_allow_policy(&self) -> Result<PermitCause<'_>, Denial<'_>> {
        match self.profile {
            Profile::ZeroTrust => Err(Denial::NoAllowPolicy),
            Profile::Istio => Ok(PermitCause::NoAllowPolicy),
        }
    }
}

fn first_match<'p>(
    policies: &'p [Policy],
    facts: &Facts<'_>,
    applies: fn(Truth) -> bool,
) -> Option<RuleRef<'p>> {
    policies
        .iter()
        .find_map(|policy| policy.first_rule(facts, applies))
}
