//! The decision (S-2 and section 0): total and pure.

use crate::attribute::Attribute;
use crate::decision::{Decision, Denial, Permit, PermitCause};
use crate::identity::identify;
use crate::input::{Input, Inputs};
use crate::layers::Layers;
use crate::matcher::host::{has_userinfo, is_plain};
use crate::mtls::MtlsMode;
use crate::path_class::{PathClass, PathClasses};
use crate::path_form::classes_of;
use crate::policy_set::PolicySet;
use crate::profile::Profile;
use crate::request::{Peer, Protocol, Request};
use crate::request_bounds::require_within_bounds;
use crate::rule::facts::Facts;

impl PolicySet {
    /// Judges one request: its size, then PeerAuthentication, then the identity, then the forms of host and path, then
    /// DENY, then ALLOW, then the profile's default. The first that decides ends it; the rule named is the first in policy order, then rule index.
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        match self.permit(request) {
            Ok(cause) => Decision::Allow(Permit::new(cause)),
            Err(denial) => Decision::Deny(denial),
        }
    }

    fn permit(&self, request: &Request<'_>) -> Result<PermitCause<'_>, Denial<'_>> {
        let facts = self.establish(request)?;
        Layers::enforced(self).permit(&facts)
    }

    /// What rules are tested against, or a denial that needs no rule.
    pub(crate) fn establish<'r>(&'r self, request: &'r Request<'r>) -> Result<Facts<'r>, Denial<'static>> {
        require_within_bounds(request)?;
        let peer = self.svid.peer(request.peer);
        self.require_mtls(request, peer)?;
        let identity = identify(self.profile, &self.svid, peer, request.time)?;
        self.require_plain_forms(request, self.enforced_inputs)?;
        Ok(Facts {
            profile: self.profile,
            trust_domains: &self.trust_domains,
            identity,
            peer,
            request,
            path: request.path_without_query(),
        })
    }

    /// A peer that is handed on came over mTLS, to the listener that hands it on.
    pub(crate) fn require_mtls(&self, request: &Request<'_>, peer: Peer<'_>) -> Result<(), Denial<'static>> {
        match (self.mtls.of(request.destination_port), peer) {
            (MtlsMode::Strict, Peer::Plaintext) => Err(Denial::MtlsRequired),
            (MtlsMode::Strict, Peer::Unreadable) => Err(Denial::PeerUnreadable),
            (MtlsMode::Strict, Peer::Certificate(_) | Peer::HandedOn(_))
            | (MtlsMode::Permissive | MtlsMode::Disable, _) => Ok(()),
        }
    }

    /// Profile zero-trust: host and path can be read in one way only, where policies that read `inputs` compare them.
    pub(crate) fn require_plain_forms(
        &self,
        request: &Request<'_>,
        inputs: Inputs,
    ) -> Result<(), Denial<'static>> {
        self.require_plain_host(request, inputs)?;
        self.require_plain_path(request, inputs)
    }

    /// Profile zero-trust: user information is always refused, any other doubtful form where policies that read
    /// `inputs` compare hosts. A host that cannot be read may have either: what cannot be read never turns a denial into
    /// an allow.
    pub(crate) fn require_plain_host(
        &self,
        request: &Request<'_>,
        inputs: Inputs,
    ) -> Result<(), Denial<'static>> {
        let is_doubtful = || match (request.protocol, request.host) {
            (Protocol::Tcp, _) | (Protocol::Http, Attribute::Absent) => false,
            (Protocol::Http, Attribute::Known(host)) => {
                has_userinfo(host) || (inputs.contains(Input::Host) && !is_plain(host))
            }
            (Protocol::Http, Attribute::Unreadable) => true,
        };
        match self.profile {
            Profile::ZeroTrust if is_doubtful() => Err(Denial::AmbiguousHost),
            Profile::ZeroTrust | Profile::Istio => Ok(()),
        }
    }

    /// As with the host, one that cannot be read may be ambiguous. Where no policy compares paths, none is looked at.
    pub(crate) fn require_plain_path(
        &self,
        request: &Request<'_>,
        inputs: Inputs,
    ) -> Result<(), Denial<'static>> {
        let is_unreadable = || {
            self.profile == Profile::ZeroTrust
                && request.protocol == Protocol::Http
                && request.path == Attribute::Unreadable
        };
        if inputs.contains(Input::Path) && (is_unreadable() || !self.refused_classes(request).is_empty()) {
            return Err(Denial::AmbiguousPath);
        }
        Ok(())
    }

    /// The classes of the path that make it ambiguous (profile zero-trust): those that the configuration does not allow.
    /// Whether a policy compares paths at all is not asked.
    pub fn ambiguous_path_classes(&self, request: &Request<'_>) -> impl Iterator<Item = PathClass> {
        self.refused_classes(request).iter()
    }

    fn refused_classes(&self, request: &Request<'_>) -> PathClasses {
        let (Attribute::Known(path), Protocol::Http) = (request.path_without_query(), request.protocol)
        else {
            return PathClasses::NONE;
        };
        match self.profile {
            Profile::ZeroTrust => classes_of(path).without(self.ambiguous_paths.allowed),
            Profile::Istio => PathClasses::NONE,
        }
    }
}
