//! [`OwnedPeer`]: the other end of the connection, as far as the host shows its certificate.

use spiffe_authz_policy::{Attribute, LeafCertificate, Peer, PeerCertificate, Validation};

use super::reading::{read, read_bool};
use crate::host::Host;
use crate::property;

/// The other end of the connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum OwnedPeer {
    Plaintext,
    /// The first URI SAN, if the certificate has any: Envoy's property shows no other.
    Certificate {
        uri_san: Option<Vec<u8>>,
        validation: Validation,
    },
    Unreadable,
}

impl OwnedPeer {
    pub(super) fn read(host: &impl Host) -> Self {
        match read_bool(host, property::MTLS) {
            Attribute::Known(false) => Self::Plaintext,
            Attribute::Known(true) => read_certificate(host),
            // Every Envoy says it of every connection: its absence is a fault.
            Attribute::Absent | Attribute::Unreadable => Self::Unreadable,
        }
    }

    pub(super) fn has_certificate(&self) -> bool {
        match self {
            Self::Certificate { .. } => true,
            Self::Plaintext | Self::Unreadable => false,
        }
    }

    pub(super) fn uri_san(&self) -> Option<&[u8]> {
        match self {
            Self::Certificate { uri_san, .. } => uri_san.as_deref(),
            Self::Plaintext | Self::Unreadable => None,
        }
    }

    /// The peer as policies see it, with its URI SANs and the facts of its certificate.
    pub(super) fn lent<'r>(
        &self,
        uri_sans: &'r [&'r [u8]],
        leaf: Attribute<&'r LeafCertificate>,
    ) -> Peer<'r> {
        match self {
            Self::Plaintext => Peer::Plaintext,
            Self::Unreadable => Peer::Unreadable,
            Self::Certificate { validation, .. } => Peer::Certificate(PeerCertificate {
                uri_sans,
                validation: *validation,
                leaf,
                digest: Attribute::Unreadable,
            }),
        }
    }
}

fn read_certificate(host: &impl Host) -> OwnedPeer {
    let validation = match read_bool(host, property::PEER_CERTIFICATE_VALID) {
        Attribute::Known(true) => Validation::Validated,
        Attribute::Known(false) => Validation::NotValidated,
        Attribute::Absent => Validation::Unreadable,
        Attribute::Unreadable => return OwnedPeer::Unreadable,
    };
    match read(host, property::PEER_URI_SAN) {
        Attribute::Known(uri_san) => OwnedPeer::Certificate {
            uri_san: Some(uri_san),
            validation,
        },
        Attribute::Absent => OwnedPeer::Certificate {
            uri_san: None,
            validation,
        },
        Attribute::Unreadable => OwnedPeer::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;

    const FAILED: HostError = HostError::Status(10);
    const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";

    type Reading = Result<&'static [u8], HostError>;

    fn peer(mtls: Reading, valid: Reading, uri_san: Reading) -> OwnedPeer {
        let host = FakeHost::new();
        host.set_reading(property::MTLS, mtls);
        host.set_reading(property::PEER_CERTIFICATE_VALID, valid);
        host.set_reading(property::PEER_URI_SAN, uri_san);
        OwnedPeer::read(&host)
    }

    #[test]
    fn a_connection_without_a_peer_certificate_is_plaintext() {
        assert_eq!(peer(Ok(&[0]), Ok(&[1]), Ok(ID)), OwnedPeer::Plaintext);
    }

    #[test]
    fn a_peer_certificate_has_its_validation_and_its_first_uri_san() {
        let table: [(Reading, Reading, Validation, Option<&[u8]>); 5] = [
            (Ok(&[1]), Ok(ID), Validation::Validated, Some(ID)),
            (Ok(&[0]), Ok(ID), Validation::NotValidated, Some(ID)),
            (Err(HostError::NotFound), Ok(ID), Validation::Unreadable, Some(ID)),
            (Ok(&[1]), Ok(b"\xff\0"), Validation::Validated, Some(b"\xff\0")),
            (Ok(&[1]), Err(HostError::NotFound), Validation::Validated, None),
        ];
        for (valid, uri_san, validation, expected) in table {
            let expected = OwnedPeer::Certificate {
                uri_san: expected.map(<[u8]>::to_vec),
                validation,
            };
            assert_eq!(peer(Ok(&[1]), valid, uri_san), expected, "{valid:?} {uri_san:?}");
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
}
