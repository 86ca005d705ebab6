//! Who the peer is: the single URI SAN of a validated certificate, or the reason why it shows no identity.

use crate::attribute::Attribute;
use crate::decision::Denial;
use crate::profile::Profile;
use crate::request::{Peer, PeerCertificate, Validation};
use crate::spiffe_id::SpiffeId;

/// The identity that conditions on the source are tested against.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct PeerIdentity<'r> {
    /// The URI SAN, byte for byte.
    pub(crate) text: &'r [u8],
    /// The SPIFFE ID that it is, where it is one.
    pub(crate) spiffe_id: Option<SpiffeId>,
}

/// Why a certificate that the peer presented gives no identity (profile zero-trust).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdentityError {
    /// The proxy did not verify the certificate, or does not say that it did.
    NotValidated,
    /// The certificate has no URI SAN.
    NoSvid,
    /// The certificate has more than one URI SAN.
    MultipleUriSans,
    /// The URI SAN is not the SPIFFE ID of a workload.
    MalformedSpiffeId,
}

impl IdentityError {
    /// The one word used in metrics, audit lines and corpora.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotValidated => "svid-not-validated",
            Self::NoSvid => "no-svid",
            Self::MultipleUriSans => "svid-multiple-uri-sans",
            Self::MalformedSpiffeId => "malformed-spiffe-id",
        }
    }
}

/// The identity of the peer, or a denial that needs no rule.
///
/// Zero-trust: a presented certificate must be a validated SVID, or the request ends here; a peer without a
/// certificate has an identity that *cannot be told*, so no ALLOW rule on it holds and every DENY rule does.
/// Istio: the first URI SAN that Envoy reports, whatever it says; without one the identity is absent.
pub(crate) fn identify<'r>(
    profile: Profile,
    peer: Peer<'r>,
) -> Result<Attribute<PeerIdentity<'r>>, Denial<'static>> {
    match (profile, peer) {
        (Profile::ZeroTrust, Peer::Unreadable) => Err(Denial::PeerUnreadable),
        (Profile::ZeroTrust, Peer::Plaintext) => Ok(Attribute::Unreadable),
        (Profile::ZeroTrust, Peer::Certificate(certificate)) => validated_svid(certificate)
            .map(Attribute::Known)
            .map_err(Denial::Identity),
        (Profile::Istio, Peer::Unreadable) => Ok(Attribute::Unreadable),
        (Profile::Istio, Peer::Plaintext) => Ok(Attribute::Absent),
        (Profile::Istio, Peer::Certificate(certificate)) => Ok(first_uri_san(certificate)),
    }
}

fn validated_svid(certificate: PeerCertificate<'_>) -> Result<PeerIdentity<'_>, IdentityError> {
    match certificate.validation {
        Validation::Validated => {}
        Validation::NotValidated | Validation::Unreadable => return Err(IdentityError::NotValidated),
    }
    let text = match certificate.uri_sans {
        [] => return Err(IdentityError::NoSvid),
        [only] => *only,
        _ => return Err(IdentityError::MultipleUriSans),
    };
    let id = SpiffeId::parse(text).map_err(|_| IdentityError::MalformedSpiffeId)?;
    // X509-SVID section 5.2: the SPIFFE ID of a leaf has a path; a bare trust domain signs, it never calls.
    if id.path().is_empty() {
        return Err(IdentityError::MalformedSpiffeId);
    }
    Ok(PeerIdentity {
        text,
        spiffe_id: Some(id),
    })
}

fn first_uri_san(certificate: PeerCertificate<'_>) -> Attribute<PeerIdentity<'_>> {
    match certificate.uri_sans.first() {
        None | Some([]) => Attribute::Absent,
        Some(text) => Attribute::Known(PeerIdentity {
            text,
            spiffe_id: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const GOOD: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";

    fn certificate<'r>(uri_sans: &'r [&'r [u8]], validation: Validation) -> Peer<'r> {
        Peer::Certificate(PeerCertificate {
            uri_sans,
            validation,
            leaf: Attribute::Absent,
        })
    }

    fn zero_trust(peer: Peer<'_>) -> Result<Option<&[u8]>, Denial<'static>> {
        identify(Profile::ZeroTrust, peer).map(|identity| identity.known().map(|known| known.text))
    }

    #[test]
    fn a_validated_certificate_with_one_spiffe_id_is_an_identity() {
        assert_eq!(
            zero_trust(certificate(&[GOOD], Validation::Validated)),
            Ok(Some(GOOD))
        );
    }

    #[test]
    fn zero_trust_refuses_a_certificate_that_is_no_svid_by_its_cause() {
        use Validation::{NotValidated, Unreadable, Validated};
        let table: [(&[&[u8]], Validation, IdentityError); 8] = [
            (&[GOOD], NotValidated, IdentityError::NotValidated),
            (&[GOOD], Unreadable, IdentityError::NotValidated),
            (&[], Validated, IdentityError::NoSvid),
            (&[GOOD, GOOD], Validated, IdentityError::MultipleUriSans),
            (
                &[b"spiffe://cluster.local"],
                Validated,
                IdentityError::MalformedSpiffeId,
            ),
            (
                &[b"https://cluster.local/a"],
                Validated,
                IdentityError::MalformedSpiffeId,
            ),
            (&[b"-"], Validated, IdentityError::MalformedSpiffeId),
            (&[b""], Validated, IdentityError::MalformedSpiffeId),
        ];
        for (uri_sans, validation, expected) in table {
            assert_eq!(
                zero_trust(certificate(uri_sans, validation)),
                Err(Denial::Identity(expected))
            );
        }
    }

    #[test]
    fn without_a_certificate_the_identity_is_unknown_in_zero_trust_and_absent_in_istio() {
        assert_eq!(
            identify(Profile::ZeroTrust, Peer::Plaintext),
            Ok(Attribute::Unreadable)
        );
        assert_eq!(identify(Profile::Istio, Peer::Plaintext), Ok(Attribute::Absent));
    }

    #[test]
    fn istio_takes_the_first_uri_san_whatever_it_says() {
        let peer = certificate(&[b"anything", GOOD], Validation::NotValidated);
        let identity = identify(Profile::Istio, peer).unwrap();
        assert_eq!(identity.known().map(|known| known.text), Some(&b"anything"[..]));
    }
}
