//! A downstream connection as Envoy 1.40 shows it.

use std::net::SocketAddr;

use crate::envoy::certificate::{self, LocalCertificate, PeerCertificate};
use crate::envoy::properties::Properties;

/// A downstream connection, from which the `connection`, `source` and `destination` properties follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    source: SocketAddr,
    destination: SocketAddr,
    security: Security,
    local_certificate: LocalCertificate,
    tls_version: TlsVersion,
    server_name: Vec<u8>,
    id: Option<u64>,
    protocol: Option<HttpProtocol>,
    termination_details: Option<String>,
    transport_failure_reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Security {
    Plaintext,
    Tls,
    Mtls(Box<PeerCertificate>),
}

/// A version of TLS, named as Envoy names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersion {
    /// `TLSv1.2`.
    Tls12,
    /// `TLSv1.3`.
    #[default]
    Tls13,
}

/// A version of HTTP, as `request.protocol` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpProtocol {
    /// `HTTP/1.0`.
    Http10,
    /// `HTTP/1.1`.
    Http11,
    /// `HTTP/2`.
    Http2,
    /// `HTTP/3`.
    Http3,
}

impl TlsVersion {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLSv1.2",
            Self::Tls13 => "TLSv1.3",
        }
    }
}

impl HttpProtocol {
    const fn name(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Http3 => "HTTP/3",
        }
    }
}

impl Connection {
    /// A connection without TLS; so is one of TLS before the handshake is done.
    #[must_use]
    pub fn plaintext(source: SocketAddr, destination: SocketAddr) -> Self {
        Self::new(source, destination, Security::Plaintext)
    }

    /// A TLS connection whose peer presented no certificate.
    #[must_use]
    pub fn tls(source: SocketAddr, destination: SocketAddr) -> Self {
        Self::new(source, destination, Security::Tls)
    }

    /// A TLS connection whose peer presented a certificate.
    #[must_use]
    pub fn mtls(source: SocketAddr, destination: SocketAddr, peer: PeerCertificate) -> Self {
        Self::new(source, destination, Security::Mtls(Box::new(peer)))
    }

    fn new(source: SocketAddr, destination: SocketAddr, security: Security) -> Self {
        Self {
            source,
            destination,
            security,
            local_certificate: LocalCertificate::default(),
            tls_version: TlsVersion::default(),
            server_name: Vec::new(),
            id: None,
            protocol: None,
            termination_details: None,
            transport_failure_reason: None,
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

    /// The certificate that Envoy presented, of a connection with TLS; without it, one without names.
    #[must_use]
    pub fn with_local_certificate(mut self, certificate: LocalCertificate) -> Self {
        self.local_certificate = certificate;
        self
    }

    /// The version of TLS, of a connection with TLS; without it 1.3.
    #[must_use]
    pub const fn with_tls_version(mut self, version: TlsVersion) -> Self {
        self.tls_version = version;
        self
    }

    /// The version of HTTP that the client speaks; without it, HTTP streams tell HTTP/1.1.
    #[must_use]
    pub const fn with_protocol(mut self, protocol: HttpProtocol) -> Self {
        self.protocol = Some(protocol);
        self
    }

    /// Why Envoy ended the connection (`connection.termination_details`), which most never get.
    #[must_use]
    pub fn with_termination_details(mut self, details: impl Into<String>) -> Self {
        self.termination_details = Some(details.into());
        self
    }

    /// Why the handshake failed (`connection.transport_failure_reason`).
    #[must_use]
    pub fn with_transport_failure_reason(mut self, reason: impl Into<String>) -> Self {
        self.transport_failure_reason = Some(reason.into());
        self
    }

    /// The properties of a stream on this connection.
    #[must_use]
    pub fn properties(&self) -> Properties {
        let properties = addresses("source", self.source)
            .and(addresses("destination", self.destination))
            .string(
                ["connection", "requested_server_name"],
                self.server_name.as_slice(),
            )
            .and(self.of_security())
            .and(self.texts());
        match self.id {
            Some(id) => properties
                .unsigned(["connection_id"], id)
                .unsigned(["connection", "id"], id),
            None => properties,
        }
    }

    fn of_security(&self) -> Properties {
        match &self.security {
            Security::Plaintext => handshake(false, false),
            Security::Tls => handshake(false, false).and(self.of_tls(None)),
            Security::Mtls(peer) => handshake(true, peer.valid).and(self.of_tls(Some(peer))),
        }
    }

    fn of_tls(&self, peer: Option<&PeerCertificate>) -> Properties {
        certificate::properties("connection", peer, Some(&self.local_certificate))
            .string(["connection", "tls_version"], self.tls_version.name())
    }

    fn texts(&self) -> Properties {
        let protocol = self.protocol.map(HttpProtocol::name);
        let texts = [
            (["request", "protocol"], protocol),
            (
                ["connection", "termination_details"],
                self.termination_details.as_deref(),
            ),
            (
                ["connection", "transport_failure_reason"],
                self.transport_failure_reason.as_deref(),
            ),
        ];
        let known = texts.into_iter().filter_map(|(path, text)| Some((path, text?)));
        known.fold(Properties::new(), |properties, (path, text)| {
            properties.string(path, text)
        })
    }
}

fn addresses(top: &str, address: SocketAddr) -> Properties {
    Properties::new()
        .string([top, "address"], address.to_string())
        .signed([top, "port"], address.port().into())
}

fn handshake(mtls: bool, valid: bool) -> Properties {
    Properties::new()
        .boolean(["connection", "mtls"], mtls)
        .boolean(["connection", "peer_certificate_valid"], valid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::properties::Upstreamed;
    use crate::envoy::property_value::Reading;

    fn read(properties: &Properties, path: [&str; 2]) -> Reading {
        let path = path.map(|segment| segment.as_bytes().to_vec());
        properties.set(&path, Upstreamed::No).unwrap_or(Reading::Absent)
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
            let alone = properties.set(&[b"connection_id".to_vec()], Upstreamed::No);
            (
                alone.unwrap_or(Reading::Absent),
                read(properties, ["connection", "id"]),
            )
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

    #[test]
    fn a_connection_shows_the_certificate_that_envoy_presented_with_tls_alone() {
        let local = LocalCertificate {
            uri_san: Some(b"spiffe://cluster.local/ns/shop/sa/server".to_vec()),
            dns_san: None,
            subject: "CN=server,O=Shop".to_owned(),
        };
        let tls = Connection::tls(address("10.0.0.7:1"), address("10.0.0.8:2"));
        let properties = tls.with_local_certificate(local.clone()).properties();
        let table = [
            ("subject_local_certificate", "CN=server,O=Shop"),
            (
                "uri_san_local_certificate",
                "spiffe://cluster.local/ns/shop/sa/server",
            ),
            ("subject_peer_certificate", ""),
        ];
        for (name, expected) in table {
            let expected = Reading::Bytes(expected.as_bytes().to_vec());
            assert_eq!(read(&properties, ["connection", name]), expected, "{name}");
        }
        let dns = ["connection", "dns_san_local_certificate"];
        assert_eq!(read(&properties, dns), Reading::Absent);
        let plaintext = Connection::plaintext(address("10.0.0.7:1"), address("10.0.0.8:2"));
        let properties = plaintext.with_local_certificate(local).properties();
        let subject = ["connection", "subject_local_certificate"];
        assert_eq!(read(&properties, subject), Reading::Absent);
    }
}
