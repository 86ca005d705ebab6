//! Which authority may speak for which trust domain, with one SPIFFE ID or with two.

use spiffe_authz_tests::envoy::guarded::FRONTEND;

use super::reason;
use crate::leaf::{of, svid, uri_sans};
use crate::row::{Outcome, Row, both, denied, refused, row};

const PARTNERS: &str = "spiffe://partner.example/ns/shop/sa/frontend";
const ANOTHERS: &str = "spiffe://another.example/ns/shop/sa/frontend";

pub(super) fn rows() -> Vec<Row> {
    [one_id(), two_ids()].concat()
}

/// Where Envoy has one bundle for all, its authority can vouch for any trust domain, and policy has to say which it takes.
fn one_id() -> Vec<Row> {
    use Outcome::Allowed;
    let issuer = || refused(reason::ISSUER);
    let bundle = || refused(reason::BUNDLE);
    vec![
        row(
            "the partner's SVID",
            of(PARTNERS).by_the_partner(),
            issuer(),
            Allowed,
        ),
        row(
            "the partner's ID by our authority",
            of(PARTNERS),
            Allowed,
            issuer(),
        ),
        both(
            "our ID by the partner's authority",
            svid().by_the_partner(),
            issuer(),
        ),
        both(
            "our ID by an authority of the same name",
            svid().by_an_impostor(),
            issuer(),
        ),
        row(
            "an ID of a third trust domain by our authority",
            of(ANOTHERS),
            Allowed,
            bundle(),
        ),
        row(
            "an ID of a third trust domain by the partner's authority",
            of(ANOTHERS).by_the_partner(),
            issuer(),
            bundle(),
        ),
    ]
}

/// The SPIFFE validator chooses the bundle by the first URI SAN and does not look at the second.
fn two_ids() -> Vec<Row> {
    let several = || denied("svid-multiple-uri-sans");
    let issuer = || refused(reason::ISSUER);
    let ours_first = || uri_sans(&[FRONTEND, PARTNERS]);
    let partners_first = || uri_sans(&[PARTNERS, FRONTEND]);
    vec![
        both("two trust domains, ours first", ours_first(), several()),
        row(
            "two trust domains, the partner's first",
            partners_first(),
            several(),
            issuer(),
        ),
        both(
            "two trust domains by the partner, ours first",
            ours_first().by_the_partner(),
            issuer(),
        ),
        row(
            "two trust domains by the partner, the partner's first",
            partners_first().by_the_partner(),
            issuer(),
            several(),
        ),
    ]
}
