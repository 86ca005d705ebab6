//! The peers of the attacks on the identity: certificates that speak of the workload `admin`, and what must become of each.

use spiffe_authz_pki::{BasicConstraints, ExtendedKeyUsage, KeyUsage, LeafRequest};

use crate::attacks::identity::{ADMIN, EVIL, PRINCIPAL};
use crate::attacks::peers::Presents;
use crate::attacks::vector::Must;

/// A peer, what it presents, the row it belongs to, and what must become of it.
pub(super) type Attacker = (&'static str, Presents, &'static str, Must);

/// All of them.
pub(super) fn attackers() -> Vec<Attacker> {
    [
        other_identities(),
        several_names(),
        odd_bytes(),
        malformed_ids(),
        other_uses(),
    ]
    .concat()
}

/// Who is or is not `admin` by a good SVID, or has none.
fn other_identities() -> Vec<Attacker> {
    let svid = Presents::svid;
    let other = "other-identities";
    let mut expired = names(&[ADMIN]);
    expired.not_after = expired.not_before;
    let stranger = Presents::StrangersLeaf(Box::new(LeafRequest::svid(ADMIN)));
    let denied = Must::BeDenied;
    vec![
        ("admin", svid(ADMIN), other, Must::BeProtected),
        ("evil", svid(EVIL), other, Must::BeOther),
        (
            "administrator",
            svid("spiffe://cluster.local/ns/prod/sa/administrator"),
            other,
            Must::BeOther,
        ),
        (
            "Admin",
            svid("spiffe://cluster.local/ns/prod/sa/Admin"),
            other,
            Must::BeOther,
        ),
        (
            "admin of a partner",
            svid("spiffe://partner/ns/prod/sa/admin"),
            other,
            Must::BeOther,
        ),
        ("nobody", Presents::Nothing, other, denied),
        ("admin of another CA", stranger, other, denied),
        ("admin, expired", leaf(expired), other, denied),
    ]
}

/// More names than one URI SAN.
fn several_names() -> Vec<Attacker> {
    let (several, fallback) = ("multi-uri-san", "dns-san-fallback");
    let denied = Must::BeDenied;
    vec![
        ("evil and admin", leaf(names(&[EVIL, ADMIN])), several, denied),
        ("admin and evil", leaf(names(&[ADMIN, EVIL])), several, denied),
        ("admin twice", leaf(names(&[ADMIN, ADMIN])), several, denied),
        (
            "admin and an address",
            leaf(names(&[ADMIN, "https://example.org/"])),
            several,
            denied,
        ),
        (
            "an address and admin",
            leaf(names(&["https://example.org/", ADMIN])),
            several,
            denied,
        ),
        (
            "evil with admin as DNS name",
            dns(&[EVIL], &[ADMIN]),
            fallback,
            Must::BeOther,
        ),
        ("admin as DNS name alone", dns(&[], &[ADMIN]), fallback, denied),
        (
            "the principal as DNS name alone",
            dns(&[], &[PRINCIPAL]),
            fallback,
            denied,
        ),
        ("evil called admin", called(&[EVIL]), fallback, Must::BeOther),
        ("called admin, without a name", called(&[]), fallback, denied),
    ]
}

/// Bytes at which a reader may stop or begin anew, and what stands for nothing.
fn odd_bytes() -> Vec<Attacker> {
    let svid = Presents::svid;
    let (nul, joined) = ("CVE-2025-66220", "joined-sans");
    let denied = Must::BeDenied;
    vec![
        ("admin, then a NUL", svid(&format!("{ADMIN}\0.evil")), nul, denied),
        (
            "admin, then a NUL at the end",
            svid(&format!("{ADMIN}\0")),
            nul,
            denied,
        ),
        ("a NUL, then admin", svid(&format!("\0{ADMIN}")), nul, denied),
        (
            "evil, a comma, admin",
            svid(&format!("{EVIL},{ADMIN}")),
            joined,
            denied,
        ),
        (
            "admin, a comma, evil",
            svid(&format!("{ADMIN},{EVIL}")),
            joined,
            denied,
        ),
        ("admin and a comma", svid(&format!("{ADMIN},")), joined, denied),
        (
            "a line break",
            svid(&format!("{ADMIN}\r\nx-role: admin")),
            "CVE-2023-27493",
            denied,
        ),
        (
            "a line feed",
            svid(&format!("{ADMIN}\n")),
            "CVE-2023-27493",
            denied,
        ),
        ("a dash", svid("-"), "absent-marker", denied),
        ("an empty name", svid(""), "absent-marker", denied),
    ]
}

/// Texts that only look like the SPIFFE ID.
fn malformed_ids() -> Vec<Attacker> {
    let svid = Presents::svid;
    let shape = "malformed-ids";
    let denied = Must::BeDenied;
    vec![
        (
            "empty segments",
            svid("spiffe://cluster.local/ns//sa/"),
            "ztunnel-identity",
            denied,
        ),
        (
            "no service account",
            svid("spiffe://cluster.local/ns/prod/sa/"),
            "ztunnel-identity",
            denied,
        ),
        ("a trailing slash", svid(&format!("{ADMIN}/")), shape, denied),
        (
            "a scheme in upper case",
            svid("SPIFFE://cluster.local/ns/prod/sa/admin"),
            shape,
            denied,
        ),
        (
            "a trust domain in upper case",
            svid("spiffe://CLUSTER.LOCAL/ns/prod/sa/admin"),
            shape,
            denied,
        ),
        (
            "a port",
            svid("spiffe://cluster.local:443/ns/prod/sa/admin"),
            shape,
            denied,
        ),
        (
            "user information",
            svid("spiffe://x@cluster.local/ns/prod/sa/admin"),
            shape,
            denied,
        ),
        ("a query", svid(&format!("{ADMIN}?x")), shape, denied),
        ("a fragment", svid(&format!("{ADMIN}#x")), shape, denied),
        (
            "an escape",
            svid("spiffe://cluster.local/ns/prod/sa/%61dmin"),
            shape,
            denied,
        ),
        (
            "a dot segment",
            svid("spiffe://cluster.local/ns/x/../prod/sa/admin"),
            shape,
            denied,
        ),
        ("a space", svid(&format!("{ADMIN} ")), shape, denied),
        ("a space before", svid(&format!(" {ADMIN}")), shape, denied),
        (
            "the trust domain alone",
            svid("spiffe://cluster.local"),
            shape,
            denied,
        ),
        (
            "another scheme",
            svid("https://cluster.local/ns/prod/sa/admin"),
            shape,
            denied,
        ),
        ("no scheme", svid(PRINCIPAL), shape, denied),
    ]
}

/// Certificates whose keys are for something else.
fn other_uses() -> Vec<Attacker> {
    let usages = "CVE-2022-21656";
    let authority = LeafRequest {
        basic_constraints: BasicConstraints::Authority,
        ..names(&[ADMIN])
    };
    let denied = Must::BeDenied;
    vec![
        ("a certificate authority", leaf(authority), usages, denied),
        (
            "a key that signs certificates",
            usage(&[KeyUsage::DigitalSignature, KeyUsage::KeyCertSign], &[]),
            usages,
            denied,
        ),
        (
            "a key that signs lists",
            usage(&[KeyUsage::DigitalSignature, KeyUsage::CrlSign], &[]),
            usages,
            denied,
        ),
        (
            "a key that signs nothing",
            usage(&[KeyUsage::KeyEncipherment], &[]),
            usages,
            denied,
        ),
        (
            "no key usage",
            usage(&[], &[ExtendedKeyUsage::ClientAuth]),
            usages,
            denied,
        ),
    ]
}

fn leaf(request: LeafRequest) -> Presents {
    Presents::Leaf(Box::new(request))
}

fn dns(uri_sans: &[&str], dns_sans: &[&str]) -> Presents {
    leaf(LeafRequest {
        dns_sans: texts(dns_sans),
        ..names(uri_sans)
    })
}

/// A certificate with `admin` as its subject.
fn called(uri_sans: &[&str]) -> Presents {
    leaf(LeafRequest {
        common_name: Some(ADMIN.to_owned()),
        ..names(uri_sans)
    })
}

fn usage(key_usages: &[KeyUsage], extended: &[ExtendedKeyUsage]) -> Presents {
    leaf(LeafRequest {
        key_usages: key_usages.to_vec(),
        extended_key_usages: extended.to_vec(),
        ..names(&[ADMIN])
    })
}

/// A leaf with these URI SANs that is otherwise a good SVID.
pub(super) fn names(uri_sans: &[&str]) -> LeafRequest {
    LeafRequest {
        uri_sans: texts(uri_sans),
        ..LeafRequest::svid("")
    }
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
