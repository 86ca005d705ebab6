//! The addresses of a connection that carries a case.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use spiffe_authz_policy::RequestDocument;

const SOURCE_PORT: u16 = 42_424;

/// Both ends of a connection, as the proxy shows them to its filters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Addresses {
    /// The client's address as the proxy worked it out.
    pub source: SocketAddr,
    /// The local address.
    pub destination: SocketAddr,
}

impl Addresses {
    /// What the request says. An address that it does not give is of the family of the other one.
    #[must_use]
    pub fn of(request: &RequestDocument) -> Self {
        let (source, destination) = (request.remote_ip(), request.destination_ip());
        let six = source.or(destination).is_some_and(|ip| ip.is_ipv6());
        let default = |last| match six {
            true => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(last))),
            false => IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)),
        };
        let port = request.destination_port().unwrap_or_default();
        Self {
            source: SocketAddr::new(source.unwrap_or_else(|| default(7)), SOURCE_PORT),
            destination: SocketAddr::new(destination.unwrap_or_else(|| default(8)), port),
        }
    }

    /// The same with another source port, by which a connection can be told from others.
    #[must_use]
    pub fn with_source_port(mut self, port: u16) -> Self {
        self.source.set_port(port);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> (String, String) {
        let addresses = Addresses::of(&RequestDocument::from_json(json.as_bytes()).unwrap());
        (addresses.source.to_string(), addresses.destination.to_string())
    }

    #[test]
    fn an_address_that_is_not_given_is_of_the_family_of_the_other() {
        let table = [
            (r#"{}"#, "10.0.0.7:42424", "10.0.0.8:0"),
            (
                r#"{"source": {"remoteIp": "2001:db8::9"}, "destination": {"port": 1}}"#,
                "[2001:db8::9]:42424",
                "[2001:db8::8]:1",
            ),
            (
                r#"{"destination": {"ip": "::1", "port": 1}}"#,
                "[2001:db8::7]:42424",
                "[::1]:1",
            ),
        ];
        for (json, source, destination) in table {
            assert_eq!(of(json), (source.to_owned(), destination.to_owned()), "{json}");
        }
    }
}
