//! A peer's certificate, as PEM or DER.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use spiffe_authz_policy::{CertificateError, KeyUsage, LeafCertificate};

/// What Envoy escapes in PEM: white space, `+`, `/` and `=`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

/// Any bytes, as PEM and as DER: a certificate or an error, the same for DER, for the PEM around it and for that
/// PEM URL-encoded as Envoy shows it; and none is an SVID that lacks what every SVID has.
pub fn run(bytes: &[u8]) {
    let _ = LeafCertificate::from_pem(bytes);
    let read = LeafCertificate::from_der(bytes);
    if let Ok(leaf) = &read {
        check(leaf);
    }
    let pem = pem(bytes);
    assert_same(&read, LeafCertificate::from_pem(pem.as_bytes()));
    assert_same(&read, LeafCertificate::from_pem(url_encoded(&pem).as_bytes()));
    if let Some(der) = der_of(bytes) {
        run_der(&der);
    }
}

/// What a mutation of readable PEM would hardly reach.
fn run_der(der: &[u8]) {
    let read = LeafCertificate::from_der(der);
    if let Ok(leaf) = &read {
        check(leaf);
    }
    assert_same(&read, LeafCertificate::from_pem(pem(der).as_bytes()));
}

/// What an X509-SVID must be at least (X509-SVID standard, sections 2 and 4).
fn check(leaf: &LeafCertificate) {
    let Ok(id) = leaf.svid() else {
        return;
    };
    let facts = leaf.facts();
    assert_eq!(facts.uri_sans, [id.as_str().as_bytes()]);
    assert!(!id.path().is_empty() && !facts.is_authority);
    assert!(facts.not_before.is_some() && facts.not_after.is_some() && facts.serial.is_some());
    assert!(matches!(
        facts.key_usage,
        KeyUsage::Critical {
            digital_signature: true,
            signs_for_authority: false
        }
    ));
}

/// PEM is longer than DER, so that its bound may make a difference; and each form has errors of its own.
fn assert_same(
    der: &Result<LeafCertificate, CertificateError>,
    pem: Result<LeafCertificate, CertificateError>,
) {
    if !matches!(pem, Err(CertificateError::TooLarge(_))) {
        assert_eq!(der.as_ref().ok(), pem.ok().as_ref());
    }
}

fn pem(der: &[u8]) -> String {
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let text = BASE64_STANDARD.encode(der);
    for line in text.as_bytes().chunks(64) {
        let _ = writeln!(pem, "{}", line.escape_ascii());
    }
    pem + "-----END CERTIFICATE-----\n"
}

fn url_encoded(pem: &str) -> String {
    utf8_percent_encode(pem, ESCAPED).to_string()
}

/// The DER between the first two lines of dashes, if the bytes are PEM.
fn der_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(bytes).ok()?;
    let (_, inner) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (inner, _) = inner.split_once("-----END")?;
    let joined: String = inner.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(joined).ok()
}
