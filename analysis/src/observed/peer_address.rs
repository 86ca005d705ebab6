//! [`PeerAddress`]: where a connection came from.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

/// The direct peer of a connection.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PeerAddress {
    /// An address of the Internet Protocol; the port, which changes with each connection, is left out.
    Ip(IpAddr),
    /// Anything else, such as a path of a Unix domain socket.
    Other(String),
}

impl PeerAddress {
    /// Reads `10.1.2.3:4567`, `[2001:db8::1]:4567`, or an address without a port.
    pub(super) fn read(text: String) -> Self {
        let with_port = text.parse::<SocketAddr>().map(|address| address.ip());
        match with_port.or_else(|_| text.parse::<IpAddr>()) {
            Ok(address) => Self::Ip(address.to_canonical()),
            Err(_) => Self::Other(text),
        }
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(formatter),
            Self::Other(text) => formatter.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_of_the_peer_is_left_out() {
        for (text, shown) in [
            ("10.1.2.3:4567", "10.1.2.3"),
            ("10.1.2.3", "10.1.2.3"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("[::ffff:10.1.2.3]:80", "10.1.2.3"),
            ("/run/a.sock", "/run/a.sock"),
        ] {
            assert_eq!(PeerAddress::read(text.to_owned()).to_string(), shown);
        }
    }
}
