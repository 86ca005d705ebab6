//! The connections of a script's clients.

use std::net::SocketAddr;

use spiffe_authz_host_sim::{Connection, HttpProtocol};

use crate::parity::script::{Protocol, Script, Transport};
use crate::parity::tls;

/// The connection of a stream, once its handshake is done. Addresses differ from run to run: these are nobody's.
pub(super) fn connection(script: &Script) -> Result<Connection, String> {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    match script.transport {
        Transport::Plaintext => Ok(Connection::plaintext(address, address)),
        Transport::Mtls => tls::simulated(address),
    }
}

/// The version of HTTP that a client of the script speaks.
pub(super) fn spoken(protocol: Protocol) -> HttpProtocol {
    match protocol {
        Protocol::Http1 | Protocol::Tcp => HttpProtocol::Http11,
        Protocol::Http2 => HttpProtocol::Http2,
    }
}
