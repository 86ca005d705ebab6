//! A header map, in the wire form in which a proxy hands it over.

use std::sync::LazyLock;

use serde_json::json;
use spiffe_authz_filter::pairs;
use spiffe_authz_policy::{Attribute, Headers, PolicySet, Protocol, Request};

use crate::effect::allows;
use crate::policies::{PROFILES, only};

/// For each profile two ways to say who may pass: `x-role` is one of these.
static BY_ROLE: LazyLock<Vec<[PolicySet; 2]>> = LazyLock::new(|| {
    let condition = |not| {
        let values = if not { "notValues" } else { "values" };
        json!({"when": [{"key": "request.headers[x-role]", values: ["admin", "a*", "*z"]}]})
    };
    let sets = PROFILES.map(|profile| only(profile, condition).expect("a configuration"));
    sets.into_iter().collect()
});

/// Any bytes: a list of pairs that serializes to the same bytes, or an error. The order of the pairs, and pairs that no
/// policy names, change no decision; and an ALLOW policy agrees with a DENY policy of its negation.
pub fn run(bytes: &[u8]) {
    let Ok(headers) = pairs::parse(bytes) else {
        return;
    };
    // An empty list has two short forms besides.
    if !matches!(bytes, [] | [0]) {
        assert_eq!(pairs::serialize(&headers), bytes);
    }
    BY_ROLE.iter().for_each(|sets| judge(sets, &headers));
}

fn judge([said, said_otherwise]: &[PolicySet; 2], headers: Headers<'_>) {
    let allowed = allows(said, &request(headers));
    assert_eq!(
        allowed,
        allows(said_otherwise, &request(headers)),
        "said otherwise"
    );
    let reversed: Vec<_> = headers.iter().rev().copied().collect();
    assert_eq!(allowed, allows(said, &request(&reversed)), "in reverse");
    let more = [headers, &[(&b"x-other"[..], &b"b"[..])]].concat();
    assert_eq!(allowed, allows(said, &request(&more)), "with one more");
    let has_role = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(b"x-role"));
    assert!(has_role || !allowed, "without a role");
}

fn request(headers: Headers<'_>) -> Request<'_> {
    Request {
        headers: Attribute::Known(headers),
        path: Attribute::Known(b"/orders"),
        ..Request::absent(Protocol::Http)
    }
}
