//! [`OwnedPeer`]: the other end of the connection, as far as the host shows its certificate.

use spiffe_authz_policy::{Attribute, Input, Peer, PeerCertificate, PolicySet, Validation};

use super::leaf::{read_digest, read_leaf};
use super::reading::{lent, read, read_bool};
use crate::certificates::{Certificates, Digest, Leaf};
use crate::host::Host;
use crate::in_force::InForce;
use crate::property;

/// What proxies write for a peer without a URI SAN.
const NOBODY: [&[u8]; 2] = [b"", b"-"];
/// A SPIFFE ID has at most so many bytes, by the SPIFFE ID standard, section 2.3; a longer URI SAN is read anew with each
/// request.
const LONGEST_URI_SAN: usize = 2048;

/// The other end of the connection.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum OwnedPeer {
    Plaintext,
    Certificate(OwnedCertificate),
    HandedOn(Vec<u8>),
    Unreadable,
}

/// The certificate that a peer presented.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct OwnedCertificate {
    validation: Validation,
    reported: ReportedUriSan,
    leaf: Leaf,
    digest: Attribute<Digest>,
    /// Neither the certificate nor its digest was asked for.
    was_asked_for_uri_san_alone: bool,
}

/// URI SANs: one, as every SVID has, takes no memory of its own.
#[derive(Debug)]
pub(super) enum UriSans<'c> {
    None,
    One([&'c [u8]; 1]),
    Several(Vec<&'c [u8]>),
}

impl<'c> UriSans<'c> {
    pub(super) fn as_slice(&self) -> &[&'c [u8]] {
        match self {
            Self::None => &[],
            Self::One(only) => only,
            Self::Several(several) => several,
        }
    }
}

/// What the host's property of the URI SAN says, which shows the first and no other.
#[derive(Debug, Eq, PartialEq)]
enum ReportedUriSan {
    /// It was not asked: the certificate itself is known.
    NotAsked,
    /// There is none.
    None,
    /// The first.
    First(Vec<u8>),
}

impl OwnedPeer {
    pub(super) fn read(host: &impl Host, certificates: &Certificates, in_force: Option<&InForce>) -> Self {
        match read_bool(host, property::MTLS) {
            Attribute::Known(false) => Self::read_handed_on(host, in_force),
            Attribute::Known(true) => {
                OwnedCertificate::read(host, certificates, in_force.map(InForce::policies))
                    .map_or(Self::Unreadable, Self::Certificate)
            }
            // Every Envoy says it of every connection: its absence is a fault.
            Attribute::Absent | Attribute::Unreadable => Self::Unreadable,
        }
    }

    /// Where mTLS ended on another listener, and nowhere else.
    fn read_handed_on(host: &impl Host, in_force: Option<&InForce>) -> Self {
        let Some(path) = in_force.and_then(InForce::peer_principal) else {
            return Self::Plaintext;
        };
        match read(host, path) {
            Attribute::Known(text) if NOBODY.contains(&text.as_slice()) => Self::Plaintext,
            Attribute::Known(text) => Self::HandedOn(text),
            Attribute::Absent => Self::Plaintext,
            Attribute::Unreadable => Self::Unreadable,
        }
    }

    /// Whether there is a certificate, whatever is known of it.
    pub(super) fn presented_certificate(&self) -> bool {
        match self {
            Self::Certificate(_) => true,
            Self::Plaintext | Self::HandedOn(_) | Self::Unreadable => false,
        }
    }

    /// Whether the same would be told again on the same connection, and takes no more memory than what is kept anyway.
    pub(super) fn lasts(&self, certificates: &Certificates) -> bool {
        match self {
            Self::Certificate(certificate) => certificate.lasts(certificates),
            Self::Plaintext | Self::HandedOn(_) | Self::Unreadable => false,
        }
    }

    /// Whether the certificate itself is known.
    pub(super) fn shows_certificate(&self) -> bool {
        match self {
            Self::Certificate(certificate) => certificate.leaf.known().is_some(),
            Self::Plaintext | Self::HandedOn(_) | Self::Unreadable => false,
        }
    }

    /// The URI SANs of the certificate, as far as they are known.
    pub(super) fn uri_sans(&self) -> UriSans<'_> {
        match self {
            Self::Certificate(certificate) => certificate.uri_sans(),
            Self::Plaintext | Self::HandedOn(_) | Self::Unreadable => UriSans::None,
        }
    }

    /// The peer as policies see it, with its URI SANs.
    pub(super) fn lent<'r>(&'r self, uri_sans: &'r [&'r [u8]]) -> Peer<'r> {
        match self {
            Self::Plaintext => Peer::Plaintext,
            Self::HandedOn(text) => Peer::HandedOn(text),
            Self::Unreadable => Peer::Unreadable,
            Self::Certificate(certificate) => Peer::Certificate(PeerCertificate {
                uri_sans,
                validation: certificate.validation,
                leaf: lent(&certificate.leaf).map(AsRef::as_ref),
                digest: lent(&certificate.digest).map(<[u8; 32]>::as_slice),
            }),
        }
    }
}

impl OwnedCertificate {
    /// `None` where anything fails that every host says.
    fn read(host: &impl Host, certificates: &Certificates, policies: Option<&PolicySet>) -> Option<Self> {
        let reads = |input| policies.is_some_and(|policies| policies.reads(input));
        let validation = read_validation(host)?;
        let reads_digest = reads(Input::Certificate) || reads(Input::CertificateDigest);
        let digest = if reads_digest {
            read_digest(host)
        } else {
            Attribute::Unreadable
        };
        let leaf = if reads(Input::Certificate) {
            read_leaf(host, certificates, digest)
        } else {
            Attribute::Unreadable
        };
        let reported = if leaf.known().is_none() || reads(Input::UriSan) {
            ReportedUriSan::read(host)?
        } else {
            ReportedUriSan::NotAsked
        };
        Some(Self {
            validation,
            reported,
            leaf,
            digest,
            was_asked_for_uri_san_alone: !reads_digest,
        })
    }

    fn uri_sans(&self) -> UriSans<'_> {
        match (&self.reported, &self.leaf) {
            (ReportedUriSan::First(uri_san), _) => UriSans::One([uri_san]),
            (ReportedUriSan::NotAsked, Attribute::Known(leaf)) => match leaf.facts().uri_sans.as_slice() {
                [only] => UriSans::One([only]),
                several => UriSans::Several(several.iter().map(Vec::as_slice).collect()),
            },
            (ReportedUriSan::None, _)
            | (ReportedUriSan::NotAsked, Attribute::Absent | Attribute::Unreadable) => UriSans::None,
        }
    }

    /// A verified certificate of which nothing failed to be told. One that is kept by its digest is small enough.
    fn lasts(&self, certificates: &Certificates) -> bool {
        let is_small = match (&self.leaf, &self.reported) {
            (Attribute::Known(_), _) => self.digest.known().is_some_and(|digest| certificates.has(digest)),
            (Attribute::Absent, _) => false,
            // It was not asked for: what failed is not told apart, and is asked for again.
            (Attribute::Unreadable, ReportedUriSan::First(uri_san)) => {
                self.was_asked_for_uri_san_alone && uri_san.len() <= LONGEST_URI_SAN
            }
            (Attribute::Unreadable, ReportedUriSan::None | ReportedUriSan::NotAsked) => false,
        };
        self.validation == Validation::Validated && is_small
    }
}

fn read_validation(host: &impl Host) -> Option<Validation> {
    match read_bool(host, property::PEER_CERTIFICATE_VALID) {
        Attribute::Known(true) => Some(Validation::Validated),
        Attribute::Known(false) => Some(Validation::NotValidated),
        Attribute::Absent => Some(Validation::Unreadable),
        Attribute::Unreadable => None,
    }
}

impl ReportedUriSan {
    fn read(host: &impl Host) -> Option<Self> {
        match read(host, property::PEER_URI_SAN) {
            Attribute::Known(uri_san) => Some(Self::First(uri_san)),
            Attribute::Absent => Some(Self::None),
            Attribute::Unreadable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FRONTEND_PEM, FakeHost, policies_of, policy_set};
    use crate::host::HostError;
    use spiffe_authz_policy::LeafCertificate;

    const FAILED: HostError = HostError::Status(10);
    const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";
    const KEY: &str = "io.istio.peer_principal";

    type Reading = Result<&'static [u8], HostError>;

    fn read_by(host: &FakeHost, policies: Option<&PolicySet>) -> OwnedPeer {
        let in_force = policies.cloned().map(InForce::new);
        OwnedPeer::read(host, &Certificates::default(), in_force.as_ref())
    }

    fn peer(mtls: Reading, valid: Reading, uri_san: Reading) -> OwnedPeer {
        let host = FakeHost::new();
        host.set_reading(property::MTLS, mtls);
        host.set_reading(property::PEER_CERTIFICATE_VALID, valid);
        host.set_reading(property::PEER_URI_SAN, uri_san);
        read_by(&host, None)
    }

    /// A certificate of which nothing else was asked.
    fn reported(validation: Validation, reported: ReportedUriSan) -> OwnedPeer {
        OwnedPeer::Certificate(OwnedCertificate {
            validation,
            reported,
            leaf: Attribute::Unreadable,
            digest: Attribute::Unreadable,
            was_asked_for_uri_san_alone: true,
        })
    }

    fn first(uri_san: &[u8]) -> ReportedUriSan {
        ReportedUriSan::First(uri_san.to_vec())
    }

    /// A waypoint whose peers are handed on.
    fn waypoint() -> PolicySet {
        policies_of(&format!(
            r#"{{"workload": {{"namespace": "shop", "waypoint": {{}}}}, "svid": {{"peerPrincipalKey": "{KEY}"}},
                "resources": []}}"#
        ))
    }

    #[test]
    fn a_connection_without_a_peer_certificate_is_plaintext() {
        assert_eq!(peer(Ok(&[0]), Ok(&[1]), Ok(ID)), OwnedPeer::Plaintext);
    }

    #[test]
    fn a_peer_certificate_has_its_validation_and_its_first_uri_san() {
        let table: [(Reading, Reading, Validation, ReportedUriSan); 5] = [
            (Ok(&[1]), Ok(ID), Validation::Validated, first(ID)),
            (Ok(&[0]), Ok(ID), Validation::NotValidated, first(ID)),
            (
                Err(HostError::NotFound),
                Ok(ID),
                Validation::Unreadable,
                first(ID),
            ),
            (Ok(&[1]), Ok(b"\xff\0"), Validation::Validated, first(b"\xff\0")),
            (
                Ok(&[1]),
                Err(HostError::NotFound),
                Validation::Validated,
                ReportedUriSan::None,
            ),
        ];
        for (valid, uri_san, validation, expected) in table {
            let told = peer(Ok(&[1]), valid, uri_san);
            assert_eq!(told, reported(validation, expected), "{valid:?} {uri_san:?}");
        }
    }

    #[test]
    fn a_peer_of_which_anything_cannot_be_told_is_unreadable() {
        let table: [(Reading, Reading, Reading); 11] = [
            (Err(HostError::NotFound), Ok(&[1]), Ok(ID)),
            (Err(FAILED), Ok(&[1]), Ok(ID)),
            (Ok(&[]), Ok(&[1]), Ok(ID)),
            (Ok(&[2]), Ok(&[1]), Ok(ID)),
            (Ok(&[0, 0]), Ok(&[1]), Ok(ID)),
            (Ok(&[1, 0, 0, 0, 0, 0, 0, 0]), Ok(&[1]), Ok(ID)),
            (Ok(&[1]), Err(FAILED), Ok(ID)),
            (Ok(&[1]), Ok(&[]), Ok(ID)),
            (Ok(&[1]), Ok(&[2]), Ok(ID)),
            (Ok(&[1]), Ok(&[1]), Err(FAILED)),
            (Ok(&[1]), Ok(&[1]), Err(HostError::NullBuffer { size: 9 })),
        ];
        for (mtls, valid, uri_san) in table {
            assert_eq!(
                peer(mtls, valid, uri_san),
                OwnedPeer::Unreadable,
                "{mtls:?} {valid:?} {uri_san:?}"
            );
        }
    }

    #[test]
    fn where_the_certificate_is_shown_its_uri_sans_are_those_in_it() {
        let host = FakeHost::new();
        host.set_peer(Some(ID));
        host.set_reading(property::PEER_URI_SAN, Ok(b"anything"));
        let told = read_by(&host, Some(&policy_set()));
        assert!(told.shows_certificate());
        assert_eq!(told.uri_sans().as_slice(), [ID]);
        let leaf = LeafCertificate::from_pem(FRONTEND_PEM.as_bytes()).unwrap();
        let Peer::Certificate(certificate) = told.lent(&[ID]) else {
            panic!("{told:?}")
        };
        assert_eq!(certificate.leaf, Attribute::Known(&leaf));
        assert_eq!(certificate.digest, Attribute::Known(&[0x11; 32][..]));
    }

    #[test]
    fn where_the_certificate_is_not_shown_the_first_uri_san_is_reported() {
        for (reading, leaf) in [
            (Err(HostError::NotFound), Attribute::Absent),
            (Err(FAILED), Attribute::Unreadable),
            (Ok(&b"x"[..]), Attribute::Unreadable),
        ] {
            let host = FakeHost::new();
            host.set_peer(Some(ID));
            host.set_reading(property::PEER_CERTIFICATE, reading);
            let told = read_by(&host, Some(&policy_set()));
            assert!(!told.shows_certificate());
            assert_eq!(told.uri_sans().as_slice(), [ID]);
            let OwnedPeer::Certificate(certificate) = told else {
                panic!("{reading:?}")
            };
            assert_eq!(certificate.leaf, leaf);
        }
    }

    #[test]
    fn a_peer_is_handed_on_by_the_filter_state_that_the_configuration_names() {
        let host = FakeHost::new();
        host.set_reading(property::MTLS, Ok(&[0]));
        let table: [(Reading, OwnedPeer); 6] = [
            (Ok(ID), OwnedPeer::HandedOn(ID.to_vec())),
            (Ok(b"\xff,"), OwnedPeer::HandedOn(b"\xff,".to_vec())),
            (Ok(b""), OwnedPeer::Plaintext),
            (Ok(b"-"), OwnedPeer::Plaintext),
            (Err(HostError::NotFound), OwnedPeer::Plaintext),
            (Err(FAILED), OwnedPeer::Unreadable),
        ];
        for (reading, expected) in table {
            host.set_reading(&format!("filter_state\0{KEY}"), reading);
            assert_eq!(read_by(&host, Some(&waypoint())), expected, "{reading:?}");
            let calls = host.calls();
            for policies in [None, Some(policy_set())] {
                assert_eq!(read_by(&host, policies.as_ref()), OwnedPeer::Plaintext);
            }
            assert_eq!(host.calls(), calls + 2, "no filter state is asked for");
        }
    }

    #[test]
    fn a_certificate_that_was_presented_here_comes_before_any_filter_state() {
        let host = FakeHost::new();
        host.set_peer(Some(ID));
        host.set_reading(
            &format!("filter_state\0{KEY}"),
            Ok(b"spiffe://cluster.local/ns/a/sa/b"),
        );
        assert_eq!(read_by(&host, Some(&waypoint())).uri_sans().as_slice(), [ID]);
    }
}
