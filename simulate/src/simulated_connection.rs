//! [`SimulatedConnections`]: the connection of a case as host-sim takes it, with a certificate that says what the case says.

use spiffe_authz_host_sim::Connection;
use spiffe_authz_policy::RequestDocument;

use crate::addresses::Addresses;
use crate::error::SimulationError;
use crate::simulated_certificate::SimulatedCertificates;

/// Connections whose certificates come from one CA.
#[derive(Default)]
pub struct SimulatedConnections {
    certificates: SimulatedCertificates,
}

impl SimulatedConnections {
    /// The connection, when the handshake is done.
    ///
    /// # Errors
    /// When no certificate can be issued.
    pub fn connection(&self, request: &RequestDocument) -> Result<Connection, SimulationError> {
        let Addresses { source, destination } = Addresses::of(request);
        let connection = match request.leaf() {
            None => Connection::plaintext(source, destination),
            Some(leaf) => Connection::mtls(source, destination, self.certificates.of(leaf.facts(), request)?),
        };
        Ok(with_server_name(connection, request))
    }

    /// The connection before that: nothing is known of the peer but its address and what it asks for.
    #[must_use]
    pub fn before_handshake(&self, request: &RequestDocument) -> Connection {
        let Addresses { source, destination } = Addresses::of(request);
        with_server_name(Connection::plaintext(source, destination), request)
    }
}

fn with_server_name(connection: Connection, request: &RequestDocument) -> Connection {
    match request.sni() {
        Some(name) => connection.with_server_name(name),
        None => connection,
    }
}
