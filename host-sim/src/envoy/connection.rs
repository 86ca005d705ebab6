//! Sets of properties as Envoy 1.40 gives them for a connection and for the workload it reaches.

use std::net::SocketAddr;

use crate::envoy::properties::Properties;

/// What Envoy says about the certificate of an mTLS peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The first URI SAN, raw; `None` where the certificate has none.
    pub uri_san: Option<Vec<u8>>,
    /// Whether Envoy validated the chain (`connection.peer_certificate_valid`).
    pub valid: bool,
    /// SHA-256 of the certificate's DER form, 64 characters of lower-case hex.
    pub sha256_digest: String,
    /// The first DNS SAN; `None` where the certificate has none.
    pub dns_san: Option<Vec<u8>>,
    /// The certificate as PEM, raw; `None` as with an Envoy that has no `connection.peer_certificate`.
    pub pem: Option<Vec<u8>>,
}

impl PeerCertificate {
    /// A certificate that Envoy validated, with this URI SAN and a digest of zeros; no DNS SAN and no PEM.
    #[must_use]
    pub fn valid(uri_san: impl Into<Vec<u8>>) -> Self {
        Self {
            uri_san: Some(uri_san.into()),
            valid: true,
            sha256_digest: "0".repeat(64),
            dns_san: None,
            pem: None,
        }
    }
}

/// A downstream connection, from which the `connection`, `source` and `destination` properties follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    source: SocketAddr,
    destination: SocketAddr,
    security: Security,
    server_name: Vec<u8>,
    id: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Security {
    Plaintext,
    Tls,
    Mtls(PeerCertificate),
}

impl Connection {
    /// A connection without TLS; so is one of TLS before the handshake is done.
    #[must_use]
    pub const fn plaintext(source: SocketAddr, destination: SocketAddr) -> Self {
        Self::new(source, destination, Security::Plaintext)
    }

    /// A TLS connection whose peer presented no certificate.
    #[must_use]
    pub const fn tls(source: SocketAddr, destination: SocketAddr) -> Self {
        Self::new(source, destination, Security::Tls)
    }

    /// A TLS connection whose peer presented a certificate.
    #[must_use]
    pub const fn mtls(source: SocketAddr, destination: SocketAddr, peer: PeerCertificate) -> Self {
        Self::new(source, destination, Security::Mtls(peer))
    }

    const fn new(source: SocketAddr, destination: SocketAddr, security: Security) -> Self {
        Self {
            source,
            destination,
            security,
            server_name: Vec::new(),
            id: None,
        }
    }

    /// The server name (SNI) that the client asked for; without one, as with an empty one, the property
    /// `connection.requested_server_name` is empty.
    #[must_use]
    pub fn with_server_name(mut self, name: impl Into<Vec<u8>>) -> Self {
        self.server_name = name.into();
        self
    }

    /// The number of the connection, which Envoy gives no other one as long as it runs. Without it the properties
    /// `connection_id` and `connection.id` are not there.
    #[must_use]
    pub const fn with_id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// The properties of a stream on this connection.
    #[must_use]
    pub fn properties(&self) -> Properties {
        let properties = Properties::new()
            .string(["source", "address"], self.source.to_string())
            .signed(["source", "port"], self.source.port().into())
            .string(["destination", "address"], self.destination.to_string())
            .signed(["destination", "port"], self.destination.port().into())
            .string(
                ["connection", "requested_server_name"],
                self.server_name.as_slice(),
            )
            .and(of_security(&self.security));
        match self.id {
            Some(id) => properties
                .unsigned(["connection_id"], id)
                .unsigned(["connection", "id"], id),
            None => properties,
        }
    }
}

/// The `xds.node.metadata` properties by which a plugin learns which workload it guards.
#[must_use]
pub fn workload<'l>(namespace: &str, labels: impl IntoIterator<Item = (&'l str, &'l str)>) -> Properties {
    Properties::new()
        .string(["xds", "node", "metadata", "NAMESPACE"], namespace)
        .map(["xds", "node", "metadata", "LABELS"], labels)
}

fn of_security(security: &Security) -> Properties {
    match security {
        Security::Plaintext => handshake(false, false),
        Security::Tls => handshake(false, false).and(tls_version()),
        Security::Mtls(peer) => handshake(true, peer.valid)
            .and(tls_version())
            .and(of_certificate(peer)),
    }
}

fn handshake(mtls: bool, valid: bool) -> Properties {
    Properties::new()
        .boolean(["connection", "mtls"], mtls)
        .boolean(["connection", "peer_certificate_valid"], valid)
}

fn tls_version() -> Properties {
    Properties::new().string(["connection", "tls_version"], "TLSv1.3")
}

fn of_certificate(peer: &PeerCertificate) -> Properties {
    let parts = [
        (
            "sha256_peer_certificate_digest",
            Some(peer.sha256_digest.as_bytes()),
        ),
        ("uri_san_peer_certificate", peer.uri_san.as_deref()),
        ("dns_san_peer_certificate", peer.dns_san.as_deref()),
        ("peer_certificate", peer.pem.as_deref()),
    ];
    let known = parts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.fold(Properties::new(), |properties, (name, value)| {
        properties.string(["connection", name], value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::properties::Reading;

    fn read(properties: &Properties, path: [&str; 2]) -> Reading {
        properties.read(&path.map(|segment| segment.as_bytes().to_vec()))
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_plaintext_connection_has_addresses_and_no_certificate() {
        let connection = Connection::plaintext(address("10.0.0.7:4242"), address("[::1]:8080"));
        let properties = connection.properties();
        assert_eq!(read(&properties, ["connection", "mtls"]), Reading::Bytes(vec![0]));
        assert_eq!(
            read(&properties, ["source", "address"]),
            Reading::Bytes(b"10.0.0.7:4242".to_vec())
        );
        assert_eq!(
            read(&properties, ["destination", "address"]),
            Reading::Bytes(b"[::1]:8080".to_vec())
        );
        assert_eq!(
            read(&properties, ["destination", "port"]),
            Reading::Bytes(8080_i64.to_le_bytes().to_vec())
        );
        let valid = read(&properties, ["connection", "peer_certificate_valid"]);
        assert_eq!(valid, Reading::Bytes(vec![0]), "there without TLS too");
        assert_eq!(
            read(&properties, ["connection", "uri_san_peer_certificate"]),
            Reading::Absent
        );
    }

    #[test]
    fn a_connection_has_its_number_under_both_names_where_it_has_one() {
        let connection = Connection::plaintext(address("10.0.0.7:1"), address("10.0.0.8:2"));
        let id = |properties: &Properties| {
            let alone = properties.read(&[b"connection_id".to_vec()]);
            (alone, read(properties, ["connection", "id"]))
        };
        let number = || Reading::Bytes(7_u64.to_le_bytes().to_vec());
        let numbered = connection.clone().with_id(7);
        assert_eq!(id(&numbered.properties()), (number(), number()));
        let (alone, of_connection) = id(&connection.properties());
        assert_eq!((alone, of_connection), (Reading::Absent, Reading::Absent));
    }

    #[test]
    fn a_certificate_without_a_uri_san_gives_mtls_and_no_uri() {
        let peer = PeerCertificate {
            uri_san: None,
            ..PeerCertificate::valid("")
        };
        let connection = Connection::mtls(address("10.0.0.7:1"), address("10.0.0.8:2"), peer);
        assert_eq!(
            read(&connection.properties(), ["connection", "mtls"]),
            Reading::Bytes(vec![1])
        );
        let uri = read(
            &connection.properties(),
            ["connection", "uri_san_peer_certificate"],
        );
        assert_eq!(uri, Reading::Absent);
    }

    #[test]
    fn a_peer_without_a_certificate_gives_tls_and_no_mtls() {
        let properties = Connection::tls(address("10.0.0.7:1"), address("10.0.0.8:2")).properties();
        let table = [
            ("mtls", Reading::Bytes(vec![0])),
            ("peer_certificate_valid", Reading::Bytes(vec![0])),
            ("tls_version", Reading::Bytes(b"TLSv1.3".to_vec())),
            ("sha256_peer_certificate_digest", Reading::Absent),
            ("peer_certificate", Reading::Absent),
        ];
        for (name, expected) in table {
            assert_eq!(read(&properties, ["connection", name]), expected, "{name}");
        }
    }

    #[test]
    fn a_certificate_gives_its_dns_name_digest_and_pem() {
        let peer = PeerCertificate {
            sha256_digest: "ab".repeat(32),
            dns_san: Some(b"orders.shop".to_vec()),
            pem: Some(b"-----BEGIN CERTIFICATE-----\n".to_vec()),
            ..PeerCertificate::valid("spiffe://cluster.local/ns/shop/sa/orders")
        };
        let connection = Connection::mtls(address("10.0.0.7:1"), address("10.0.0.8:2"), peer);
        let table = [
            ("dns_san_peer_certificate", "orders.shop"),
            (
                "sha256_peer_certificate_digest",
                "abababababababababababababababababababababababababababababababab",
            ),
            ("peer_certificate", "-----BEGIN CERTIFICATE-----\n"),
        ];
        for (name, expected) in table {
            assert_eq!(
                read(&connection.properties(), ["connection", name]),
                Reading::Bytes(expected.as_bytes().to_vec()),
                "{name}"
            );
        }
    }

    #[test]
    fn the_server_name_is_empty_until_a_client_asks_for_one() {
        let path = ["connection", "requested_server_name"];
        let connection = Connection::plaintext(address("10.0.0.7:1"), address("10.0.0.8:2"));
        assert_eq!(read(&connection.properties(), path), Reading::Bytes(Vec::new()));
        let named = connection.with_server_name("orders.shop");
        assert_eq!(
            read(&named.properties(), path),
            Reading::Bytes(b"orders.shop".to_vec())
        );
    }
}
