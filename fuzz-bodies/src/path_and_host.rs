//! A path or a host, and a pattern that it is compared with.

use serde_json::{Value, json};
use spiffe_authz_policy::{Attribute, PolicySet, Protocol, Request};

use crate::effect::allows;
use crate::policies::{PROFILES, only};

/// The fields that are compared with paths, then those that are compared with hosts.
const FIELDS: [[&str; 2]; 4] = [
    ["paths", "notPaths"],
    ["pathRegexes", "notPathRegexes"],
    ["hosts", "notHosts"],
    ["hostRegexes", "notHostRegexes"],
];
const FIRST_OF_HOSTS: usize = 2;

/// A byte that names the field, a pattern, a NUL, and a path or host. An ALLOW policy on the field and a DENY policy on its
/// negation agree; a query changes no comparison of a path, and upper case none of a host; what profile zero-trust
/// lets pass, profile istio does; and no path passes zero-trust that backends may read in two ways.
pub fn run(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else {
        return;
    };
    let index = usize::from(*kind) % FIELDS.len();
    let (pattern, text) = split(rest);
    let pattern = String::from_utf8_lossy(pattern);
    let admitted = PROFILES.map(|profile| {
        let operation = |not| operation(FIELDS[index][usize::from(not)], &pattern);
        let sets = only(profile, operation)?;
        Some(judge(&sets, index, text))
    });
    if let [Some(zero_trust), Some(istio)] = admitted {
        assert!(
            !zero_trust || istio || reads_wider(&pattern, text, index),
            "istio denies it"
        );
        assert!(
            !zero_trust || index >= FIRST_OF_HOSTS || !is_ambiguous(text),
            "an ambiguous path"
        );
    }
}

fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    (&bytes[..at], bytes.get(at + 1..).unwrap_or_default())
}

fn operation(field: &str, pattern: &str) -> Value {
    json!({"to": [{"operation": {field: [pattern]}}]})
}

fn judge(sets: &[PolicySet; 2], index: usize, text: &[u8]) -> bool {
    let request = if index < FIRST_OF_HOSTS { of_path } else { of_host };
    let [said, said_otherwise] = sets;
    let allowed = allows(said, &request(text));
    assert_eq!(allowed, allows(said_otherwise, &request(text)), "said otherwise");
    if index < FIRST_OF_HOSTS && !text.contains(&b'?') && !text.contains(&b'#') {
        let with_query = [text, b"?a=//;%2f"].concat();
        assert_eq!(allowed, allows(said, &request(&with_query)), "with a query");
    }
    // An expression may tell cases apart where it is compared with a host.
    if index == FIRST_OF_HOSTS {
        assert_eq!(
            allowed,
            allows(said, &request(&text.to_ascii_uppercase())),
            "in upper case"
        );
    }
    allowed
}

fn of_path(path: &[u8]) -> Request<'_> {
    Request {
        path: Attribute::Known(path),
        host: Attribute::Known(b"orders.shop"),
        ..Request::absent(Protocol::Http)
    }
}

fn of_host(host: &[u8]) -> Request<'_> {
    Request {
        path: Attribute::Known(b"/orders"),
        host: Attribute::Known(host),
        ..Request::absent(Protocol::Http)
    }
}

/// Templates, and hosts with a port or a trailing dot, are read wider by zero-trust (section 0).
fn reads_wider(pattern: &str, text: &[u8], index: usize) -> bool {
    if index < FIRST_OF_HOSTS {
        pattern.contains('{')
    } else {
        pattern.contains(':') || pattern.ends_with('.') || text.contains(&b':') || text.ends_with(b".")
    }
}

/// Some of what makes a path ambiguous, told apart here without the engine.
fn is_ambiguous(path: &[u8]) -> bool {
    let end = path
        .iter()
        .position(|byte| matches!(byte, b'?' | b'#'))
        .unwrap_or(path.len());
    let path = path[..end].to_ascii_lowercase();
    let path = String::from_utf8_lossy(&path).replace("%2e", ".");
    let written = ["//", "\\", ";", "%2f", "%5c", "%00", "%252f"];
    written.iter().any(|text| path.contains(text))
        || path.split('/').any(|segment| matches!(segment, "." | ".."))
        || path.chars().any(|c| !c.is_ascii_graphic())
}
