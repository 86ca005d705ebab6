//! The addresses and the port of the connection.

use core::net::{IpAddr, SocketAddr};
use core::str::{self, FromStr};

use spiffe_authz_policy::{Attribute, Request};

use super::reading::{never_absent, parsed, read};
use crate::host::Host;
use crate::property;

/// The direct peer address, by the property that has it: no one of Envoy's own does, for `source.address` follows
/// X-Forwarded-For and the PROXY protocol. Without the filter that says it, it cannot be told.
pub(super) fn direct_peer(host: &impl Host, path: &str) -> Attribute<IpAddr> {
    never_absent(parsed(read(host, path), from_text::<IpAddr>))
}

/// The address in a property that says `address:port`.
pub(super) fn without_port(host: &impl Host, path: &str) -> Attribute<IpAddr> {
    parsed(read(host, path), from_text::<SocketAddr>).map(|address| address.ip())
}

/// The local port of a request or a connection, which is asked for here unless a policy reads it.
pub(crate) fn local_port(host: &impl Host, request: &Request<'_>) -> Option<u16> {
    match request.destination_port {
        Attribute::Known(port) => Some(port),
        Attribute::Absent => None,
        Attribute::Unreadable => destination_port(host).known().copied(),
    }
}

/// The local port.
pub(super) fn destination_port(host: &impl Host) -> Attribute<u16> {
    parsed(read(host, property::DESTINATION_PORT), |bytes| {
        u16::try_from(i64::from_le_bytes(bytes.try_into().ok()?)).ok()
    })
}

fn from_text<T: FromStr>(bytes: &[u8]) -> Option<T> {
    str::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;

    const FAILED: HostError = HostError::Status(10);

    type Reading = Result<&'static [u8], HostError>;

    fn ip(text: &str) -> Attribute<IpAddr> {
        Attribute::Known(text.parse().unwrap())
    }

    #[test]
    fn the_direct_peer_address_is_the_text_of_an_address_and_anything_else_is_unreadable() {
        let table: [(Reading, Attribute<IpAddr>); 10] = [
            (Ok(b"10.1.2.3"), ip("10.1.2.3")),
            (Ok(b"2001:db8::1"), ip("2001:db8::1")),
            (Ok(b"10.1.2.3:80"), Attribute::Unreadable),
            (Ok(b"[2001:db8::1]"), Attribute::Unreadable),
            (Ok(b" 10.1.2.3"), Attribute::Unreadable),
            (Ok(b"010.1.2.3"), Attribute::Unreadable),
            (Ok(b"10.1.2.3\xff"), Attribute::Unreadable),
            (Ok(b""), Attribute::Unreadable),
            (Err(HostError::NotFound), Attribute::Unreadable),
            (Err(FAILED), Attribute::Unreadable),
        ];
        for (reading, expected) in table {
            let host = FakeHost::new();
            host.set_reading("filter_state\0peer", reading);
            assert_eq!(direct_peer(&host, "filter_state\0peer"), expected, "{reading:?}");
        }
    }

    #[test]
    fn an_address_stands_before_its_port() {
        let table: [(Reading, Attribute<IpAddr>); 10] = [
            (Ok(b"10.1.2.3:80"), ip("10.1.2.3")),
            (Ok(b"[2001:db8::1]:65535"), ip("2001:db8::1")),
            (Ok(b"10.1.2.3"), Attribute::Unreadable),
            (Ok(b"2001:db8::1"), Attribute::Unreadable),
            (Ok(b"10.1.2.3:65536"), Attribute::Unreadable),
            (Ok(b"/run/envoy.sock"), Attribute::Unreadable),
            (Ok(b"\xff"), Attribute::Unreadable),
            (Ok(b""), Attribute::Unreadable),
            (Err(FAILED), Attribute::Unreadable),
            (Err(HostError::NotFound), Attribute::Absent),
        ];
        for (reading, expected) in table {
            let host = FakeHost::new();
            host.set_reading(property::SOURCE_ADDRESS, reading);
            let read = without_port(&host, property::SOURCE_ADDRESS);
            assert_eq!(read, expected, "{reading:?}");
        }
    }

    #[test]
    fn the_destination_port_is_an_8_byte_number_of_16_bits() {
        let table: [(Reading, Attribute<u16>); 9] = [
            (Ok(&[0x90, 0x1f, 0, 0, 0, 0, 0, 0]), Attribute::Known(8080)),
            (Ok(&[0xff, 0xff, 0, 0, 0, 0, 0, 0]), Attribute::Known(65535)),
            (Ok(&[0, 0, 1, 0, 0, 0, 0, 0]), Attribute::Unreadable),
            (Ok(&[0xff; 8]), Attribute::Unreadable),
            (Ok(&[0x90, 0x1f]), Attribute::Unreadable),
            (Ok(&[0; 9]), Attribute::Unreadable),
            (Ok(&[]), Attribute::Unreadable),
            (Err(FAILED), Attribute::Unreadable),
            (Err(HostError::NotFound), Attribute::Absent),
        ];
        for (reading, expected) in table {
            let host = FakeHost::new();
            host.set_reading(property::DESTINATION_PORT, reading);
            assert_eq!(destination_port(&host), expected, "{reading:?}");
        }
    }
}
