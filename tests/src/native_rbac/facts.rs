//! [`Facts`]: what of a request belongs to its connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use spiffe_authz_policy::RequestDocument;

use crate::envoy::proxy_header::ProxyHeader;

const SOURCE_PORT: u16 = 42_424;
const DIRECT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const REMOTE_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
const DESTINATION_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 8));
const DESTINATION_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 8));

/// The facts of one connection.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Facts {
    /// The URI SANs of the client's certificate; `None` is plaintext.
    pub(super) uri_sans: Option<Vec<String>>,
    /// The server name of the handshake.
    pub(super) sni: Option<String>,
    /// Where the client connects from.
    pub(super) direct: IpAddr,
    /// Where a PROXY header says that it comes from.
    remote: IpAddr,
    destination: IpAddr,
    port: u16,
}

impl Facts {
    pub(super) fn of(request: &RequestDocument) -> Self {
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let remote = request.remote_ip().unwrap_or(REMOTE_V4);
        let fallback = if remote.is_ipv4() {
            DESTINATION_V4
        } else {
            DESTINATION_V6
        };
        Self {
            uri_sans: request.uri_sans().map(|sans| sans.iter().map(text).collect()),
            sni: request.sni().map(str::to_owned),
            direct: request.source_ip().unwrap_or(DIRECT),
            remote,
            destination: request.destination_ip().unwrap_or(fallback),
            port: request.destination_port().unwrap_or(8080),
        }
    }

    /// The PROXY header, whose addresses are of one family.
    pub(super) fn proxy_header(&self) -> Result<ProxyHeader, String> {
        let source = SocketAddr::new(self.remote, SOURCE_PORT);
        ProxyHeader::new(source, SocketAddr::new(self.destination, self.port))
    }
}
