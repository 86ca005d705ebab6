//! One URI SAN that is not the SPIFFE ID of a workload.

use spiffe_authz_tests::envoy::guarded::FRONTEND;

use super::reason;
use crate::leaf::{Leaf, of, of_bytes};
use crate::row::{Row, both, denied, refused, row};

/// The SPIFFE validator finds the trust domain `cluster.local` in these, and the filter decides.
const OF_OUR_TRUST_DOMAIN: [(&str, &str); 14] = [
    ("a trust domain and a slash", "spiffe://cluster.local/"),
    ("a trailing slash", "spiffe://cluster.local/ns/shop/sa/frontend/"),
    ("an empty segment", "spiffe://cluster.local/ns//shop/sa/frontend"),
    (
        "an empty segment first",
        "spiffe://cluster.local//ns/shop/sa/frontend",
    ),
    ("a dot segment", "spiffe://cluster.local/ns/shop/./sa/frontend"),
    ("two dots", "spiffe://cluster.local/ns/bank/../shop/sa/frontend"),
    ("percent-encoding", "spiffe://cluster.local/ns/shop/sa/%66rontend"),
    ("a query", "spiffe://cluster.local/ns/shop/sa/frontend?a=b"),
    ("a fragment", "spiffe://cluster.local/ns/shop/sa/frontend#a"),
    ("a comma", "spiffe://cluster.local/ns/shop/sa/a,b"),
    (
        "two SPIFFE IDs with a comma",
        "spiffe://cluster.local/ns/shop/sa/frontend,spiffe://cluster.local/ns/shop/sa/evil",
    ),
    ("a blank", "spiffe://cluster.local/ns/shop/sa/front end"),
    ("a star", "spiffe://cluster.local/*"),
    ("a tilde", "spiffe://cluster.local/~frontend"),
];

/// In these it finds none, or one that it has no bundle for.
const OF_NO_TRUST_DOMAIN: [(&str, &str); 13] = [
    ("a trust domain alone", "spiffe://cluster.local"),
    (
        "percent-encoding in the trust domain",
        "spiffe://cluster%2elocal/ns/shop/sa/frontend",
    ),
    ("a port", "spiffe://cluster.local:443/ns/shop/sa/frontend"),
    ("a user", "spiffe://user@cluster.local/ns/shop/sa/frontend"),
    (
        "a user that is a trust domain",
        "spiffe://cluster.local@evil.example/ns/shop/sa/frontend",
    ),
    (
        "an upper-case scheme",
        "SPIFFE://cluster.local/ns/shop/sa/frontend",
    ),
    (
        "an upper-case trust domain",
        "spiffe://Cluster.local/ns/shop/sa/frontend",
    ),
    ("an empty trust domain", "spiffe:///ns/shop/sa/frontend"),
    ("one slash", "spiffe:/cluster.local/ns/shop/sa/frontend"),
    ("another scheme", "https://cluster.local/ns/shop/sa/frontend"),
    ("no scheme", "cluster.local/ns/shop/sa/frontend"),
    ("a dash", "-"),
    ("no text", ""),
];

pub(super) fn rows() -> Vec<Row> {
    let malformed = || denied("malformed-spiffe-id");
    let found = OF_OUR_TRUST_DOMAIN.map(|(name, uri_san)| both(name, of(uri_san), malformed()));
    let none = OF_NO_TRUST_DOMAIN
        .map(|(name, uri_san)| row(name, of(uri_san), malformed(), refused(reason::BUNDLE)));
    let behind = bytes_behind().map(|(name, leaf)| both(name, leaf, malformed()));
    let in_front = row(
        "a NUL in front",
        of_bytes(&[b"\0", FRONTEND.as_bytes()].concat()),
        malformed(),
        refused(reason::BUNDLE),
    );
    found
        .into_iter()
        .chain(none)
        .chain(behind)
        .chain([in_front])
        .collect()
}

/// Bytes behind an ID that is good without them.
fn bytes_behind() -> [(&'static str, Leaf); 11] {
    let with = |bytes: &[u8]| of_bytes(&[FRONTEND.as_bytes(), bytes].concat());
    let of_length = |bytes: usize| with(&vec![b'a'; bytes - FRONTEND.len()]);
    [
        ("a NUL", with(b"\0")),
        ("a NUL and another name", with(b"\0.evil.example")),
        ("a carriage return and a line feed", with(b"\r\nx-evil: 1")),
        ("a line feed", with(b"\n")),
        ("a tab", with(b"\t")),
        ("a delete", with(b"\x7f")),
        ("an umlaut in UTF-8", with(b"\xc3\xb6")),
        ("an umlaut in Latin 1", with(b"\xf6")),
        ("a byte that is no text", with(b"\xff")),
        ("2,049 bytes", of_length(2_049)),
        ("10,000 bytes", of_length(10_000)),
    ]
}
