//! [`ProxyHeader`]: the addresses that a connection claims in its first line (PROXY protocol, version 1).

use std::net::{IpAddr, SocketAddr};

/// The addresses of a connection, both of one family.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProxyHeader {
    source: SocketAddr,
    destination: SocketAddr,
}

impl ProxyHeader {
    /// The header for these addresses.
    ///
    /// # Errors
    /// When one is IPv4 and the other IPv6: a header has one family.
    pub fn new(source: SocketAddr, destination: SocketAddr) -> Result<Self, String> {
        if source.is_ipv4() == destination.is_ipv4() {
            Ok(Self { source, destination })
        } else {
            Err(format!("`{source}` and `{destination}` are of two families"))
        }
    }

    /// The line as it is sent.
    #[must_use]
    pub fn encode(&self) -> String {
        let Self { source, destination } = self;
        let family = match source.ip() {
            IpAddr::V4(_) => "TCP4",
            IpAddr::V6(_) => "TCP6",
        };
        let (from, to) = (source.ip(), destination.ip());
        format!(
            "PROXY {family} {from} {to} {} {}\r\n",
            source.port(),
            destination.port()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_family_has_its_word() {
        let four = ProxyHeader::new(address("10.0.0.7:1"), address("10.0.0.8:2")).unwrap();
        assert_eq!(four.encode(), "PROXY TCP4 10.0.0.7 10.0.0.8 1 2\r\n");
        let six = ProxyHeader::new(address("[2001:db8::7]:1"), address("[2001:db8::8]:2")).unwrap();
        assert_eq!(six.encode(), "PROXY TCP6 2001:db8::7 2001:db8::8 1 2\r\n");
    }

    #[test]
    fn two_families_have_no_header() {
        assert!(ProxyHeader::new(address("10.0.0.7:1"), address("[::1]:2")).is_err());
    }
}
