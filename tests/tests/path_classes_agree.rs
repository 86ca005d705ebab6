//! The classes of doubtful paths and the bounds on requests, as the engine and as the reference interpreter see them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spiffe_authz_policy::{Attribute, PathClass, PolicySet, Protocol, Request, RequestDocument};
use spiffe_authz_tests::reference;

fn compiled(configuration: &Value) -> PolicySet {
    PolicySet::from_plugin_configuration(configuration.to_string().as_bytes(), None).unwrap()
}

fn check(policies: &PolicySet, path: &[u8]) {
    let request = Request {
        path: Attribute::Known(path),
        ..Request::absent(Protocol::Http)
    };
    let found: BTreeSet<&str> = policies
        .ambiguous_path_classes(&request)
        .map(PathClass::name)
        .collect();
    let expected: BTreeSet<&str> = reference::path_classes(path).unwrap().into_iter().collect();
    assert_eq!(found, expected, "{}", path.escape_ascii());
}

/// Every text of this length over the alphabet.
fn texts(alphabet: &[u8], length: usize) -> Vec<Vec<u8>> {
    let longer = |texts: Vec<Vec<u8>>, _| {
        let with_each = |text: Vec<u8>| alphabet.iter().map(move |byte| [&text[..], &[*byte]].concat());
        texts.into_iter().flat_map(with_each).collect()
    };
    (0..length).fold(vec![Vec::new()], longer)
}

#[test]
fn both_see_the_same_classes_in_short_paths_and_around_every_byte() {
    let policies = compiled(&json!({"workload": {"namespace": "shop"}, "resources": []}));
    for path in texts(b"/.%;\\25ecEC\xc3", 4) {
        check(&policies, &path);
    }
    for byte in 0..=u8::MAX {
        for around in ["/a", "/", "/.", "/%25", "/%C3", "/%", ""] {
            let escapes = [format!("%{byte:02X}"), format!("%{byte:02x}")].map(String::into_bytes);
            for middle in escapes.into_iter().chain([vec![byte]]) {
                // What ends a path never gets this far.
                if ![&b"?"[..], b"#"].contains(&middle.as_slice()) {
                    check(&policies, &[around.as_bytes(), &middle, b"b"].concat());
                    check(&policies, &[around.as_bytes(), &middle].concat());
                }
            }
        }
    }
}

#[test]
fn both_draw_the_bounds_of_a_request_at_the_same_size() {
    let configuration = json!({"profile": "istio", "workload": {"namespace": "shop"}, "resources": []});
    let lines = |count: usize, value: usize| {
        let line = json!(["x-a", "v".repeat(value)]);
        json!({"headers": vec![line; count]})
    };
    // 3 bytes of name and 1021 of value are 1 KiB a line.
    for (request, expected) in [
        (lines(4096, 0), "no-allow-policy"),
        (lines(4097, 0), "request-too-large"),
        (lines(1024, 1021), "no-allow-policy"),
        (lines(1025, 1021), "request-too-large"),
    ] {
        let verdict = reference::decide(&configuration, &request).unwrap();
        assert_eq!(verdict.cause, expected);
        let document = RequestDocument::from_json(request.to_string().as_bytes()).unwrap();
        let decided = document.with_request(|request| compiled(&configuration).decide(request).code());
        assert_eq!(decided, expected);
    }
}
