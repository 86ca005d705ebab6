//! What a certificate is for and how long: X509-SVID section 4, and validity.

use spiffe_authz_pki::{BasicConstraints, Criticality, ExtendedKeyUsage, KeyUsage, RawExtension};
use spiffe_authz_tests::envoy::guarded::FRONTEND;

use super::reason;
use crate::leaf::{Leaf, changed, extended_key_usages, key_usages, uri, valid};
use crate::row::{Outcome, Row, both, denied, refused, row};

pub(super) fn rows() -> Vec<Row> {
    [good(), signing(), purposes(), criticality(), validity()].concat()
}

fn good() -> Vec<Row> {
    let with_encipherment = key_usages(&[KeyUsage::DigitalSignature, KeyUsage::KeyEncipherment]);
    vec![
        both("key encipherment beside", with_encipherment, Outcome::Allowed),
        both(
            "no extended key usage",
            extended_key_usages(&[]),
            Outcome::Allowed,
        ),
    ]
}

/// Certificates that may sign others.
fn signing() -> Vec<Row> {
    use KeyUsage::{CrlSign, DigitalSignature, KeyCertSign};
    let no_leaf = || denied("not-a-leaf-svid");
    let authority = changed(|leaf| leaf.basic_constraints = BasicConstraints::Authority);
    let signer = changed(|leaf| {
        leaf.basic_constraints = BasicConstraints::Authority;
        leaf.key_usages = vec![KeyCertSign];
    });
    let precheck = [
        ("cA is true", authority),
        ("keyCertSign", key_usages(&[DigitalSignature, KeyCertSign])),
        ("cRLSign", key_usages(&[DigitalSignature, CrlSign])),
    ];
    let by_tls = [
        ("keyCertSign alone", key_usages(&[KeyCertSign])),
        ("a signing certificate", signer),
    ];
    let precheck = precheck.map(|(name, leaf)| row(name, leaf, no_leaf(), refused(reason::PRECHECK)));
    let by_tls = by_tls.map(|(name, leaf)| both(name, leaf, refused(reason::KEY_USAGE)));
    precheck.into_iter().chain(by_tls).collect()
}

fn purposes() -> Vec<Row> {
    let no_leaf = || denied("not-a-leaf-svid");
    vec![
        row(
            "no key usage",
            key_usages(&[]),
            no_leaf(),
            refused(reason::PRECHECK),
        ),
        both(
            "no digitalSignature",
            key_usages(&[KeyUsage::KeyEncipherment]),
            refused(reason::KEY_USAGE),
        ),
        row(
            "no clientAuth",
            extended_key_usages(&[ExtendedKeyUsage::ServerAuth]),
            refused(reason::PURPOSE),
            no_leaf(),
        ),
        both(
            "no serverAuth",
            extended_key_usages(&[ExtendedKeyUsage::ClientAuth]),
            no_leaf(),
        ),
    ]
}

fn criticality() -> Vec<Row> {
    let usage = RawExtension::key_usage(&[KeyUsage::DigitalSignature], Criticality::NotCritical);
    let usage = changed(|leaf| {
        leaf.key_usages = Vec::new();
        leaf.raw_extensions = vec![usage];
    });
    vec![
        both(
            "a key usage that is not critical",
            usage,
            denied("not-a-leaf-svid"),
        ),
        both(
            "a SAN that is not critical, and no subject",
            san_not_critical(None),
            denied("not-a-leaf-svid"),
        ),
        both(
            "a SAN that is not critical, and a subject",
            san_not_critical(Some("frontend")),
            Outcome::Allowed,
        ),
    ]
}

fn san_not_critical(subject: Option<&str>) -> Leaf {
    changed(|leaf| {
        leaf.uri_sans = Vec::new();
        leaf.common_name = subject.map(str::to_owned);
        let san = RawExtension::subject_alt_names(&[uri(FRONTEND)], Criticality::NotCritical);
        leaf.raw_extensions = vec![san];
    })
}

fn validity() -> Vec<Row> {
    vec![
        both("expired", valid(-60, -1), refused(reason::EXPIRED)),
        both("not yet valid", valid(30, 60), refused(reason::NOT_YET_VALID)),
    ]
}
