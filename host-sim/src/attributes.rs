//! Sets of properties as Envoy 1.40 gives them for a connection and for the workload it reaches.

use std::net::SocketAddr;

use crate::properties::Properties;

/// What Envoy says about the certificate of an mTLS peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The first URI SAN, raw; `None` where the certificate has none.
    pub uri_san: Option<Vec<u8>>,
    /// Whether Envoy validated the chain (`connection.peer_certificate_valid`).
    pub valid: bool,
    /// SHA-256 of the certificate's DER form, 64 characters of lower-case hex.
    pub sha256_digest: String,
}

impl PeerCertificate {
    /// A certificate that Envoy validated, with this URI SAN and a digest of zeros.
    #[must_use]
    pub fn valid(uri_san: impl Into<Vec<u8>>) -> Self {
        Self {
            uri_san: Some(uri_san.into()),
            valid: true,
            sha256_digest: "0".repeat(64),
        }
    }
}

/// A downstream connection, from which the `connection`, `source` and `destination` properties follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    source: SocketAddr,
    destination: SocketAddr,
    peer: Option<PeerCertificate>,
}

impl Connection {
    /// A connection without TLS.
    #[must_use]
    pub const fn plaintext(source: SocketAddr, destination: SocketAddr) -> Self {
        Self {
            source,
            destination,
            peer: None,
        }
    }

    /// A TLS connection whose peer presented a certificate.
    #[must_use]
    pub const fn mtls(source: SocketAddr, destination: SocketAddr, peer: PeerCertificate) -> Self {
        Self {
            source,
            destination,
            peer: Some(peer),
        }
    }

    /// The properties of a stream on this connection.
    #[must_use]
    pub fn properties(&self) -> Properties {
        let addresses = Properties::new()
            .string(["source", "address"], self.source.to_string())
            .signed(["source", "port"], self.source.port().into())
            .string(["destination", "address"], self.destination.to_string())
            .signed(["destination", "port"], self.destination.port().into())
            .boolean(["connection", "mtls"], self.peer.is_some())
            .string(["connection", "requested_server_name"], "");
        match &self.peer {
            None => addresses.boolean(["connection", "peer_certificate_valid"], false),
            Some(peer) => addresses.and(of_peer(peer)),
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

fn of_peer(peer: &PeerCertificate) -> Properties {
    let certificate = Properties::new()
        .string(["connection", "tls_version"], "TLSv1.3")
        .boolean(["connection", "peer_certificate_valid"], peer.valid)
        .string(
            ["connection", "sha256_peer_certificate_digest"],
            peer.sha256_digest.as_str(),
        );
    match &peer.uri_san {
        None => certificate,
        Some(san) => certificate.string(["connection", "uri_san_peer_certificate"], san.as_slice()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::Reading;

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
}
