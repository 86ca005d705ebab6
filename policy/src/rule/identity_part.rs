//! [`IdentityPart`]: what a path can be compared with of a SPIFFE ID (E-6).

use std::borrow::Cow;

use crate::identity::PeerIdentity;
use crate::profile::Profile;
use crate::spiffe_id::SpiffeId;
use crate::trust_domain::TrustDomain;
use crate::truth::Truth;
use crate::workload_identity::WorkloadIdentity;

/// A part of `spiffe://TD/ns/N/sa/S`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum IdentityPart {
    Namespace,
    ServiceAccount,
    TrustDomain,
}

impl IdentityPart {
    /// Whether a segment of a path equals this part of the peer's SPIFFE ID.
    pub(crate) fn equals(
        self,
        segment: &[u8],
        identity: &PeerIdentity<'_>,
        profile: Profile,
        trust_domains: &[TrustDomain],
    ) -> Truth {
        let parsed = match &identity.spiffe_id {
            Some(id) => Some(Cow::Borrowed(id.as_ref())),
            None => SpiffeId::parse(identity.text).ok().map(Cow::Owned),
        };
        let Some((id, workload)) = parsed
            .as_deref()
            .and_then(|id| Some((id, WorkloadIdentity::of(id)?)))
        else {
            return without_part(profile);
        };
        if profile == Profile::ZeroTrust && self.is_bound() && !trust_domains.contains(id.trust_domain()) {
            return Truth::Unknown;
        }
        let part = match self {
            Self::Namespace => workload.namespace(),
            Self::ServiceAccount => workload.service_account(),
            Self::TrustDomain => id.trust_domain().as_str(),
        };
        (part.as_bytes() == segment).into()
    }

    /// Whether the part says something within one mesh alone.
    fn is_bound(self) -> bool {
        match self {
            Self::Namespace | Self::ServiceAccount => true,
            Self::TrustDomain => false,
        }
    }
}

/// A SPIFFE ID of another form has no such part.
fn without_part(profile: Profile) -> Truth {
    match profile {
        Profile::Istio => Truth::False,
        Profile::ZeroTrust => Truth::Unknown,
    }
}
