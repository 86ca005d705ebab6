//! [`SvidSettings`]: what a configuration says about the identity of peers (`svid`).

use crate::denied::DeniedPeers;
use crate::input::{Input, Inputs};
use crate::profile::Profile;
use crate::request::Peer;

/// How much of an SVID a peer must show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequiredSvid {
    /// The certificate itself, and that the proxy verified it.
    Full,
    /// Where the proxy shows no certificate and does not say whether it verified one: the URI SAN that it reports.
    Uri,
}

/// The section `svid`, compiled.
#[derive(Clone, Debug)]
pub(crate) struct SvidSettings {
    pub(crate) required: RequiredSvid,
    /// The filter state in which a listener in front hands on the peer's SPIFFE ID.
    pub(crate) peer_principal_key: Option<String>,
    pub(crate) denied: DeniedPeers,
}

impl SvidSettings {
    /// The peer, of whom nothing was handed on where the configuration does not say that anybody does. An empty text and a
    /// dash are what proxies write where there is no URI SAN.
    pub(crate) fn peer<'r>(&self, peer: Peer<'r>) -> Peer<'r> {
        match peer {
            Peer::HandedOn([] | b"-") => Peer::Plaintext,
            Peer::HandedOn(_) if self.peer_principal_key.is_none() => Peer::Plaintext,
            other @ (Peer::HandedOn(_) | Peer::Plaintext | Peer::Certificate(_) | Peer::Unreadable) => other,
        }
    }

    /// What has to be known of a certificate.
    pub(crate) fn inputs(&self, profile: Profile) -> Inputs {
        let digest = Inputs::when(self.denied.reads_digests(), Input::CertificateDigest);
        let profiles_own = match profile {
            Profile::ZeroTrust => Inputs::all([Input::Certificate.into(), Input::Validity.into()]),
            Profile::Istio => Inputs::all([
                Input::UriSan.into(),
                Inputs::when(self.denied.reads_certificates(), Input::Certificate),
            ]),
        };
        digest | profiles_own
    }
}
