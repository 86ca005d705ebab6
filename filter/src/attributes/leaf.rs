//! The peer's certificate itself and its digest.

use std::rc::Rc;

use spiffe_authz_policy::{Attribute, LeafCertificate};

use super::reading::{parsed, read};
use crate::certificates::{Certificates, Digest, Leaf};
use crate::escape::printable;
use crate::host::{Host, LogLevel};
use crate::property;

/// The digest of the certificate of a peer that presented one.
pub(super) fn read_digest(host: &impl Host) -> Attribute<Digest> {
    parsed(read(host, property::PEER_CERTIFICATE_DIGEST), digest)
}

/// 64 hexadecimal digits.
fn digest(text: &[u8]) -> Option<Digest> {
    let (pairs, []) = text.as_chunks() else {
        return None;
    };
    let mut digest = Digest::default();
    if pairs.len() != digest.len() {
        return None;
    }
    for (place, pair) in digest.iter_mut().zip(pairs) {
        *place = byte(*pair)?;
    }
    Some(digest)
}

fn byte([high, low]: [u8; 2]) -> Option<u8> {
    digit(high)?.checked_mul(16)?.checked_add(digit(low)?)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// The leaf certificate of a peer that presented one, parsed unless it was before; absent where the proxy shows none, as
/// older ones do.
pub(super) fn read_leaf(host: &impl Host, certificates: &Certificates, digest: Attribute<Digest>) -> Leaf {
    let digest = digest.known();
    if let Some(kept) = digest.and_then(|digest| certificates.get(digest)) {
        return kept;
    }
    match read(host, property::PEER_CERTIFICATE) {
        Attribute::Known(pem) => {
            let leaf = parse(host, &pem);
            if let Some(digest) = digest {
                certificates.keep(*digest, pem.len(), leaf.clone());
            }
            leaf
        }
        Attribute::Absent => Attribute::Absent,
        Attribute::Unreadable => Attribute::Unreadable,
    }
}

fn parse(host: &impl Host, pem: &[u8]) -> Leaf {
    match LeafCertificate::from_pem(pem) {
        Ok(leaf) => Attribute::Known(Rc::new(leaf)),
        Err(error) => {
            let error = printable(error.to_string().as_bytes());
            host.log(
                LogLevel::Warn,
                &format!("a peer's certificate cannot be read: {error}"),
            );
            Attribute::Unreadable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, SVID};
    use crate::host::HostError;

    type Reading<'r> = Result<&'r [u8], HostError>;

    const DIGEST: Attribute<Digest> = Attribute::Known([7; 32]);

    fn showing(certificate: Reading<'_>) -> FakeHost {
        let host = FakeHost::new();
        host.set_reading(property::PEER_CERTIFICATE, certificate);
        host
    }

    fn known(leaf: &Leaf) -> &Rc<LeafCertificate> {
        leaf.known().unwrap()
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits() {
        let host = FakeHost::new();
        let hex = "0aF9".repeat(16);
        let table: [(Reading<'_>, Attribute<Digest>); 7] = [
            (
                Ok(hex.as_bytes()),
                Attribute::Known(std::array::from_fn(|place| [0x0a, 0xf9][place % 2])),
            ),
            (Ok(b""), Attribute::Unreadable),
            (Ok(&hex.as_bytes()[..62]), Attribute::Unreadable),
            (Ok(&hex.as_bytes()[..63]), Attribute::Unreadable),
            (Ok(&[b'g'; 64]), Attribute::Unreadable),
            (Err(HostError::NotFound), Attribute::Absent),
            (Err(HostError::Status(2)), Attribute::Unreadable),
        ];
        for (reading, expected) in table {
            host.set_reading(property::PEER_CERTIFICATE_DIGEST, reading);
            assert_eq!(read_digest(&host), expected, "{reading:?}");
        }
    }

    #[test]
    fn the_leaf_is_read_from_its_pem() {
        let host = showing(Ok(SVID.as_bytes()));
        let leaf = read_leaf(&host, &Certificates::default(), DIGEST);
        assert_eq!(
            **known(&leaf),
            LeafCertificate::from_pem(SVID.as_bytes()).unwrap()
        );
        assert_eq!(host.lines(), []);
    }

    #[test]
    fn what_was_parsed_under_a_digest_is_neither_asked_for_nor_parsed_again() {
        let (host, certificates) = (showing(Ok(SVID.as_bytes())), Certificates::default());
        let first = read_leaf(&host, &certificates, DIGEST);
        assert_eq!(host.calls(), 1);
        let second = read_leaf(&host, &certificates, DIGEST);
        assert_eq!(host.calls(), 1);
        assert!(Rc::ptr_eq(known(&first), known(&second)));
    }

    #[test]
    fn without_a_digest_or_under_another_one_a_certificate_is_read_again() {
        for digest in [
            Attribute::Absent,
            Attribute::Unreadable,
            Attribute::Known([8; 32]),
        ] {
            let (host, certificates) = (showing(Ok(SVID.as_bytes())), Certificates::default());
            let first = read_leaf(&host, &certificates, DIGEST);
            let second = read_leaf(&host, &certificates, digest);
            assert_eq!(host.calls(), 2);
            assert!(!Rc::ptr_eq(known(&first), known(&second)));
        }
    }

    #[test]
    fn a_certificate_that_does_not_parse_is_told_once_and_stays_unreadable() {
        for pem in [&b""[..], b"-----BEGIN CERTIFICATE-----", b"\xff\n"] {
            let (host, certificates) = (showing(Ok(pem)), Certificates::default());
            for _ in 0..2 {
                assert_eq!(read_leaf(&host, &certificates, DIGEST), Attribute::Unreadable);
            }
            let lines = host.lines();
            let [(LogLevel::Warn, line)] = lines.as_slice() else {
                panic!("{lines:?}")
            };
            assert!(
                line.starts_with("a peer's certificate cannot be read: "),
                "{line}"
            );
        }
    }

    #[test]
    fn a_proxy_that_shows_none_or_fails_to_is_asked_again() {
        for (error, expected) in [
            (HostError::NotFound, Attribute::Absent),
            (HostError::Status(2), Attribute::Unreadable),
        ] {
            let (host, certificates) = (showing(Err(error)), Certificates::default());
            assert_eq!(read_leaf(&host, &certificates, DIGEST), expected);
            host.set_reading(property::PEER_CERTIFICATE, Ok(SVID.as_bytes()));
            let again = read_leaf(&host, &certificates, DIGEST);
            assert!(again.known().is_some());
        }
    }
}
