//! [`RequestAttributes`]: what the host says about one request, read once and owned.

use spiffe_authz_policy::{Attribute, Peer, PeerCertificate, Request, Validation};

use crate::host::{Host, HostError};
use crate::{pairs, property};

/// The attributes of one request, in memory of our own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RequestAttributes {
    peer: OwnedPeer,
    destination_port: Attribute<u16>,
    method: Attribute<Vec<u8>>,
    host: Attribute<Vec<u8>>,
    path: Attribute<Vec<u8>>,
}

/// The other end of the connection.
#[derive(Clone, Debug, Eq, PartialEq)]
enum OwnedPeer {
    Plaintext,
    /// The first URI SAN, if the certificate has any: Envoy's property shows no other.
    Certificate {
        uri_san: Option<Vec<u8>>,
        validation: Validation,
    },
    Unreadable,
}

impl RequestAttributes {
    /// Asks the host. What it fails to say, or says in another form than Envoy's, is unreadable and never absent.
    pub(crate) fn read(host: &impl Host) -> Self {
        let headers = host.request_headers().ok();
        let headers = headers.as_deref().and_then(|bytes| pairs::parse(bytes).ok());
        let header = |name| {
            headers
                .as_deref()
                .map_or(Attribute::Unreadable, |pairs| only(pairs, name))
        };
        Self {
            peer: read_peer(host),
            destination_port: read_port(host),
            method: header(b":method"),
            host: header(b":authority"),
            path: header(b":path"),
        }
    }

    /// Calls `use_it` with the request as policies see it.
    pub(crate) fn with_request<R>(&self, use_it: impl FnOnce(&Request<'_>) -> R) -> R {
        let uri_san = self.peer.uri_san();
        let peer = match self.peer {
            OwnedPeer::Plaintext => Peer::Plaintext,
            OwnedPeer::Unreadable => Peer::Unreadable,
            OwnedPeer::Certificate { validation, .. } => Peer::Certificate(PeerCertificate {
                uri_sans: uri_san.as_slice(),
                validation,
                leaf: Attribute::Absent,
            }),
        };
        use_it(&Request {
            peer,
            destination_port: self.destination_port,
            method: borrowed(&self.method),
            host: borrowed(&self.host),
            path: borrowed(&self.path),
            ..Request::absent(spiffe_authz_policy::Protocol::Http)
        })
    }
}

impl OwnedPeer {
    fn uri_san(&self) -> Option<&[u8]> {
        match self {
            Self::Certificate { uri_san, .. } => uri_san.as_deref(),
            Self::Plaintext | Self::Unreadable => None,
        }
    }
}

fn borrowed(attribute: &Attribute<Vec<u8>>) -> Attribute<&[u8]> {
    match attribute {
        Attribute::Known(bytes) => Attribute::Known(bytes),
        Attribute::Absent => Attribute::Absent,
        Attribute::Unreadable => Attribute::Unreadable,
    }
}

/// The value of a header that a request has once or not at all. Two values cannot both be the one that the
/// application will see.
fn only(pairs: &[pairs::Pair<'_>], name: &[u8]) -> Attribute<Vec<u8>> {
    let mut values = pairs
        .iter()
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    match (values.next(), values.next()) {
        (None, _) => Attribute::Absent,
        (Some(value), None) => Attribute::Known(value.to_vec()),
        (Some(_), Some(_)) => Attribute::Unreadable,
    }
}

fn read_peer(host: &impl Host) -> OwnedPeer {
    match read_bool(host, property::MTLS) {
        Attribute::Known(false) => OwnedPeer::Plaintext,
        Attribute::Known(true) => read_certificate(host),
        // Every Envoy says it of every connection: its absence is a fault.
        Attribute::Absent | Attribute::Unreadable => OwnedPeer::Unreadable,
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

fn read_bool(host: &impl Host, path: &str) -> Attribute<bool> {
    parsed(read(host, path), |bytes| match bytes {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    })
}

fn read_port(host: &impl Host) -> Attribute<u16> {
    parsed(read(host, property::DESTINATION_PORT), |bytes| {
        u16::try_from(i64::from_le_bytes(bytes.try_into().ok()?)).ok()
    })
}

/// The attribute parsed; a value that does not parse is unreadable.
fn parsed<T>(attribute: Attribute<Vec<u8>>, parse: impl FnOnce(&[u8]) -> Option<T>) -> Attribute<T> {
    match attribute {
        Attribute::Known(bytes) => parse(&bytes).map_or(Attribute::Unreadable, Attribute::Known),
        Attribute::Absent => Attribute::Absent,
        Attribute::Unreadable => Attribute::Unreadable,
    }
}

fn read(host: &impl Host, path: &str) -> Attribute<Vec<u8>> {
    match host.property(path) {
        Ok(bytes) => Attribute::Known(bytes),
        Err(HostError::NotFound) => Attribute::Absent,
        Err(HostError::Status(_) | HostError::NullBuffer { .. }) => Attribute::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;

    const FAILED: HostError = HostError::Status(10);
    const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";

    type Reading = Result<&'static [u8], HostError>;

    fn peer(mtls: Reading, valid: Reading, uri_san: Reading) -> OwnedPeer {
        let host = FakeHost::new();
        host.set_reading(property::MTLS, mtls);
        host.set_reading(property::PEER_CERTIFICATE_VALID, valid);
        host.set_reading(property::PEER_URI_SAN, uri_san);
        read_peer(&host)
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

    #[test]
    fn the_destination_port_is_an_8_byte_number_of_16_bits() {
        let table: [(Reading, Attribute<u16>); 9] = [
            (Ok(&[0x90, 0x1f, 0, 0, 0, 0, 0, 0]), Attribute::Known(8080)),
            (Ok(&[0xff, 0xff, 0, 0, 0, 0, 0, 0]), Attribute::Known(65535)),
            (Ok(&[0, 0, 1, 0, 0, 0, 0, 0]), Attribute::Unreadable),
            (Ok(&[0xff; 8]), Attribute::Unreadable),
            (Ok(&[0x90, 0x1f]), Attribute::Unreadable),
            (Ok(&[0; 9]), Attribute::Unreadable),
            (Ok(&[]), Attribute::Unreadable),
            (Err(FAILED), Attribute::Unreadable),
            (Err(HostError::NotFound), Attribute::Absent),
        ];
        for (reading, expected) in table {
            let host = FakeHost::new();
            host.set_reading(property::DESTINATION_PORT, reading);
            assert_eq!(read_port(&host), expected, "{reading:?}");
        }
    }

    #[test]
    fn method_host_and_path_come_from_the_header_list_as_raw_bytes() {
        let host = FakeHost::new();
        host.set_headers(&[
            (b":method", b"GET"),
            (b":authority", b"orders.shop:8080"),
            (b":path", b"/\xff?x"),
            (b"\xff", b"\xff"),
        ]);
        let attributes = RequestAttributes::read(&host);
        assert_eq!(attributes.method, Attribute::Known(b"GET".to_vec()));
        assert_eq!(attributes.host, Attribute::Known(b"orders.shop:8080".to_vec()));
        assert_eq!(attributes.path, Attribute::Known(b"/\xff?x".to_vec()));
    }

    #[test]
    fn a_pseudo_header_that_is_missing_is_absent_and_one_given_twice_unreadable() {
        let host = FakeHost::new();
        host.set_headers(&[(b":method", b"GET"), (b":path", b"/a"), (b":path", b"/a")]);
        let attributes = RequestAttributes::read(&host);
        assert_eq!(attributes.method, Attribute::Known(b"GET".to_vec()));
        assert_eq!(attributes.host, Attribute::Absent);
        assert_eq!(attributes.path, Attribute::Unreadable);
    }

    #[test]
    fn without_a_readable_header_list_every_pseudo_header_is_unreadable() {
        for reading in [
            Err(FAILED),
            Err(HostError::NotFound),
            Ok(&b"\x01\0\0\0\x07\0\0"[..]),
        ] {
            let host = FakeHost::new();
            host.set_headers_reading(reading);
            let attributes = RequestAttributes::read(&host);
            for attribute in [attributes.method, attributes.host, attributes.path] {
                assert_eq!(attribute, Attribute::Unreadable, "{reading:?}");
            }
        }
    }

    #[test]
    fn the_request_shows_what_was_read() {
        let attributes = RequestAttributes {
            peer: OwnedPeer::Certificate {
                uri_san: Some(ID.to_vec()),
                validation: Validation::Validated,
            },
            destination_port: Attribute::Known(8080),
            method: Attribute::Known(b"GET".to_vec()),
            host: Attribute::Absent,
            path: Attribute::Unreadable,
        };
        attributes.with_request(|request| {
            let certificate = PeerCertificate {
                uri_sans: &[ID],
                validation: Validation::Validated,
                leaf: Attribute::Absent,
            };
            assert_eq!(request.peer, Peer::Certificate(certificate));
            assert_eq!(request.destination_port, Attribute::Known(8080));
            assert_eq!(request.method, Attribute::Known(&b"GET"[..]));
            assert_eq!(request.host, Attribute::Absent);
            assert_eq!(request.path, Attribute::Unreadable);
        });
    }
}
