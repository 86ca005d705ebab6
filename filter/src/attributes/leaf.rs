//! The peer's certificate itself, for the conditions on it (E-9).

use spiffe_authz_policy::{Attribute, LeafCertificate};

use super::reading::{never_absent, parsed, read};
use crate::host::Host;
use crate::property;

/// The leaf certificate of a peer that presented one. Where the proxy does not show it, it cannot be told what stands
/// in it.
pub(super) fn read_leaf(host: &impl Host) -> Attribute<LeafCertificate> {
    never_absent(parsed(read(host, property::PEER_CERTIFICATE), |pem| {
        LeafCertificate::from_pem(pem).ok()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, SVID};
    use crate::host::HostError;

    fn leaf(reading: Result<&[u8], HostError>) -> Attribute<LeafCertificate> {
        let host = FakeHost::new();
        host.set_reading(property::PEER_CERTIFICATE, reading);
        read_leaf(&host)
    }

    #[test]
    fn the_leaf_is_read_from_its_pem() {
        let expected = LeafCertificate::from_pem(SVID.as_bytes()).unwrap();
        assert_eq!(leaf(Ok(SVID.as_bytes())), Attribute::Known(expected));
    }

    #[test]
    fn a_leaf_that_is_not_shown_or_does_not_parse_is_unreadable() {
        for reading in [
            Err(HostError::NotFound),
            Err(HostError::Status(2)),
            Ok(&b""[..]),
            Ok(b"-----BEGIN CERTIFICATE-----"),
        ] {
            assert_eq!(leaf(reading), Attribute::Unreadable, "{reading:?}");
        }
    }
}
