//! [`SimulatedConnections`]: the connection of a case as host-sim takes it, with a certificate that says what the case says.

use std::sync::OnceLock;

use spiffe_authz_host_sim::{Connection, PeerCertificate};
use spiffe_authz_pki::{AuthorityKeyId, DevelopmentCa, LeafRequest};
use spiffe_authz_policy::{LeafCertificate, RequestDocument};

use crate::engines::addresses::Addresses;

/// Connections whose certificates come from one CA.
#[derive(Default)]
pub struct SimulatedConnections {
    ca: OnceLock<Result<DevelopmentCa, String>>,
}

impl SimulatedConnections {
    /// The connection, when the handshake is done.
    ///
    /// # Errors
    /// When no certificate can be issued.
    pub fn connection(&self, request: &RequestDocument) -> Result<Connection, String> {
        let Addresses { source, destination } = Addresses::of(request);
        let connection = match request.leaf() {
            None => Connection::plaintext(source, destination),
            Some(leaf) => Connection::mtls(source, destination, self.certificate(leaf, request)?),
        };
        Ok(with_server_name(connection, request))
    }

    /// The connection before that: nothing is known of the peer but its address and what it asks for.
    #[must_use]
    pub fn before_handshake(&self, request: &RequestDocument) -> Connection {
        let Addresses { source, destination } = Addresses::of(request);
        with_server_name(Connection::plaintext(source, destination), request)
    }

    fn certificate(
        &self,
        leaf: &LeafCertificate,
        request: &RequestDocument,
    ) -> Result<PeerCertificate, String> {
        let pem = match request.certificate_pem() {
            Some(pem) => Some(pem.to_owned()),
            None => leaf_request(leaf).map(|leaf| self.issue(&leaf)).transpose()?,
        };
        Ok(PeerCertificate {
            uri_san: leaf.uri_sans.first().cloned(),
            dns_san: leaf.dns_sans.first().map(|san| san.clone().into_bytes()),
            pem: pem.map(String::into_bytes),
            ..PeerCertificate::valid("")
        })
    }

    fn issue(&self, leaf: &LeafRequest) -> Result<String, String> {
        let new = || DevelopmentCa::new("cluster.local").map_err(|error| error.to_string());
        let ca = self.ca.get_or_init(new).as_ref().map_err(Clone::clone)?;
        let leaf = ca.issue(leaf).map_err(|error| error.to_string())?;
        Ok(leaf.certificate_pem)
    }
}

/// A certificate that says this; `None` where none can.
fn leaf_request(leaf: &LeafCertificate) -> Option<LeafRequest> {
    let text = |san: &Vec<u8>| String::from_utf8(san.clone()).ok();
    let uri_sans: Vec<String> = leaf.uri_sans.iter().map(text).collect::<Option<_>>()?;
    let request = LeafRequest {
        uri_sans,
        dns_sans: leaf.dns_sans.clone(),
        authority_key_id: leaf
            .issuer_key_id
            .clone()
            .map_or(AuthorityKeyId::LeftOut, AuthorityKeyId::Other),
        ..LeafRequest::svid("")
    };
    let ascii = request
        .uri_sans
        .iter()
        .chain(&request.dns_sans)
        .all(|san| san.is_ascii());
    let not_after = leaf.not_after.unwrap_or(request.not_after);
    ascii.then_some(LeafRequest { not_after, ..request })
}

fn with_server_name(connection: Connection, request: &RequestDocument) -> Connection {
    match request.sni() {
        Some(name) => connection.with_server_name(name),
        None => connection,
    }
}
