//! Which names of a certificate are an identity: one URI SAN, and nothing else.

use spiffe_authz_pki::AltName;
use spiffe_authz_tests::envoy::guarded::FRONTEND;

use super::{EVIL, reason};
use crate::leaf::{Leaf, alt_names, changed, of, svid, texts, uri, uri_sans};
use crate::row::{Outcome, Row, both, denied, refused, row};

pub(super) fn rows() -> Vec<Row> {
    [one_uri_san(), several_uri_sans(), no_uri_san()].concat()
}

fn one_uri_san() -> Vec<Row> {
    let dns_sans = |names: &[&str]| changed(|leaf| leaf.dns_sans = texts(names));
    let mail = AltName::Email(b"a@a.shop".to_vec());
    let subject = changed(|leaf| leaf.common_name = Some(EVIL.to_owned()));
    let longest = format!("spiffe://cluster.local/{}", "a".repeat(2_048 - 23));
    let allowed = [
        ("a good SVID", svid()),
        ("a DNS SAN beside", dns_sans(&["a.shop"])),
        ("DNS SANs spelled like a SPIFFE ID beside", dns_sans(&[EVIL, "*"])),
        ("a mail address in front", alt_names(&[mail, uri(FRONTEND)])),
        ("a subject spelled like a SPIFFE ID beside", subject),
        ("the longest SPIFFE ID", of(&longest)),
    ];
    let like_another = changed(|leaf| {
        leaf.uri_sans = texts(&[EVIL]);
        leaf.dns_sans = texts(&[FRONTEND]);
        leaf.common_name = Some(FRONTEND.to_owned());
    });
    let denied = [
        ("a workload that policy denies", of(EVIL)),
        ("the same with a DNS SAN and a subject like another", like_another),
    ]
    .map(|(name, leaf)| both(name, leaf, denied("matched-deny")));
    let allowed = allowed.map(|(name, leaf)| both(name, leaf, Outcome::Allowed));
    allowed.into_iter().chain(denied).collect()
}

fn several_uri_sans() -> Vec<Row> {
    let several = || denied("svid-multiple-uri-sans");
    let dns = AltName::Dns(b"a.shop".to_vec());
    let table = [
        ("two URI SANs", uri_sans(&[FRONTEND, EVIL])),
        ("two URI SANs in the other order", uri_sans(&[EVIL, FRONTEND])),
        ("one URI SAN twice", uri_sans(&[FRONTEND, FRONTEND])),
        (
            "a URI SAN of a web site behind",
            uri_sans(&[FRONTEND, "https://a.shop"]),
        ),
        ("an empty URI SAN behind", uri_sans(&[FRONTEND, ""])),
        (
            "a DNS SAN between two URI SANs",
            alt_names(&[uri(FRONTEND), dns, uri(EVIL)]),
        ),
    ];
    let web_site = row(
        "a URI SAN of a web site first",
        uri_sans(&["https://a.shop", FRONTEND]),
        several(),
        refused(reason::BUNDLE),
    );
    let table = table.map(|(name, leaf)| both(name, leaf, several()));
    table.into_iter().chain([web_site]).collect()
}

/// The SPIFFE validator takes no certificate without a trust domain.
fn no_uri_san() -> Vec<Row> {
    let dns = |name: &str| alt_names(&[AltName::Dns(name.as_bytes().to_vec())]);
    let mail = alt_names(&[AltName::Email(FRONTEND.as_bytes().to_vec())]);
    let subject = changed(|leaf| {
        leaf.uri_sans = Vec::new();
        leaf.common_name = Some(FRONTEND.to_owned());
    });
    let table: [(&str, Leaf); 6] = [
        ("no SAN", uri_sans(&[])),
        ("a DNS SAN alone", dns("a.shop")),
        ("a DNS SAN spelled like a SPIFFE ID", dns(FRONTEND)),
        ("a mail address spelled like a SPIFFE ID", mail),
        ("a subject spelled like a SPIFFE ID", subject),
        ("a SAN extension without a name", alt_names(&[])),
    ];
    table
        .map(|(name, leaf)| row(name, leaf, denied("no-svid"), refused(reason::BUNDLE)))
        .into()
}
