//! Socket addresses, and the ones that must not leave the machine.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};

/// A socket address that only processes of this machine (or of this network namespace) can reach.
///
/// Three parts of a sidecar must never be reachable from outside, and so take this type: the admin interface,
/// which asks for no credentials; an outbound listener, which lends the workload's SVID to whoever connects; and
/// the application's own port, behind which nothing checks a peer any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoopbackAddress(SocketAddr);

/// An address that is reachable from outside where only loopback may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a loopback address: use 127.0.0.1 or [::1]")]
pub struct InvalidAddress(pub SocketAddr);

impl LoopbackAddress {
    /// `127.0.0.1` with this port.
    #[must_use]
    pub const fn with_port(port: u16) -> Self {
        Self(SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), port))
    }

    /// The address as the standard library has it.
    #[must_use]
    pub const fn socket_addr(self) -> SocketAddr {
        self.0
    }
}

impl TryFrom<SocketAddr> for LoopbackAddress {
    type Error = InvalidAddress;

    fn try_from(address: SocketAddr) -> Result<Self, InvalidAddress> {
        if address.ip().is_loopback() {
            Ok(Self(address))
        } else {
            Err(InvalidAddress(address))
        }
    }
}

impl From<LoopbackAddress> for SocketAddr {
    fn from(address: LoopbackAddress) -> Self {
        address.0
    }
}

impl fmt::Display for LoopbackAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An `envoy.config.core.v3.Address`.
#[must_use]
pub fn socket_address(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_others_can_reach_is_no_loopback_address() {
        for text in ["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[2001:db8::1]:1"] {
            let address: SocketAddr = text.parse().unwrap();
            let error = LoopbackAddress::try_from(address).unwrap_err().to_string();
            assert_eq!(
                error,
                format!("`{text}` is not a loopback address: use 127.0.0.1 or [::1]")
            );
        }
    }

    #[test]
    fn loopback_of_both_families_is_taken() {
        for text in ["127.0.0.1:80", "127.8.8.8:80", "[::1]:80"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(LoopbackAddress::try_from(address).unwrap().socket_addr(), address);
        }
    }
}
