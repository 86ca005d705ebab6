//! Paths that can be read in more than one way: when they are looked for, and what switches it off.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a failed test panics")]

mod common;

use common::{authorization_policy, compile, config, request};
use serde_json::{Value, json};
use spiffe_authz_policy::{Attribute, PathClass, PolicySet, Protocol, Request};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// A path of each class and, as far as that goes, of no other.
const PATHS: [(PathClass, &[u8]); 14] = [
    (PathClass::RepeatedSlashes, b"/a//b"),
    (PathClass::DotSegments, b"/a/../b"),
    (PathClass::EncodedSlashes, b"/a%2Fb"),
    (PathClass::Backslashes, br"/a\b"),
    (PathClass::EncodedBackslashes, b"/a%5Cb"),
    (PathClass::PathParameters, b"/a;b"),
    (PathClass::EncodedControls, b"/a%00"),
    (PathClass::NonAscii, b"/\xc3\xa9"),
    (PathClass::UnescapedCharacters, b"/{a}"),
    (PathClass::InvalidEscapes, b"/%zz"),
    (PathClass::DoubleEscapes, b"/%252F"),
    (PathClass::NeedlessEscapes, b"/%41"),
    (PathClass::LowerCaseEscapes, b"/%c3%a9"),
    (PathClass::InvalidUtf8, b"/%FF"),
];

fn allow_all() -> Value {
    authorization_policy("allow", json!({"rules": [{}]}))
}

fn deny(to_or_when: Value) -> Value {
    authorization_policy("deny", json!({"action": "DENY", "rules": [to_or_when]}))
}

fn on(operation: Value) -> Value {
    json!({"to": [{"operation": operation}]})
}

/// A DENY policy that compares paths.
fn guarded() -> Value {
    deny(on(json!({"paths": ["/admin"]})))
}

fn dry_run(mut policy: Value) -> Value {
    if let Some(metadata) = policy.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("annotations".to_owned(), json!({"istio.io/dry-run": "true"}));
        metadata.insert("name".to_owned(), json!("dry-run"));
    }
    policy
}

fn policies(profile: &str, resources: &[Value]) -> PolicySet {
    compile(&config(profile, resources)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn with_section(profile: &str, section: Value, resources: &[Value]) -> Result<PolicySet, Vec<String>> {
    let mut config = config(profile, resources);
    config
        .as_object_mut()
        .unwrap()
        .insert("ambiguousPaths".to_owned(), section);
    compile(&config).map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

fn with_path(path: &[u8]) -> Request<'_> {
    Request {
        path: Attribute::Known(path),
        ..request()
    }
}

fn code(set: &PolicySet, path: &[u8]) -> &'static str {
    set.decide(&with_path(path)).code()
}

#[test]
fn a_path_of_any_class_is_denied_where_a_policy_compares_paths() {
    let set = policies("zero-trust", &[allow_all(), guarded()]);
    assert_eq!(code(&set, b"/a/b"), "matched-allow");
    for (class, path) in PATHS {
        assert_eq!(code(&set, path), "ambiguous-path", "{}", class.name());
    }
}

#[test]
fn profile_istio_takes_every_path_as_it_comes() {
    let set = policies("istio", &[allow_all(), guarded()]);
    for (class, path) in PATHS {
        assert_eq!(code(&set, path), "matched-allow", "{}", class.name());
        assert_eq!(set.ambiguous_path_classes(&with_path(path)).count(), 0);
    }
}

#[test]
fn a_class_is_switched_off_by_its_name_and_no_other_with_it() {
    for (allowed, _) in PATHS {
        let section = json!({"allow": [allowed.name()]});
        let set = with_section("zero-trust", section, &[allow_all(), guarded()]).unwrap();
        for (class, path) in PATHS {
            let expected = if class == allowed {
                "matched-allow"
            } else {
                "ambiguous-path"
            };
            assert_eq!(
                code(&set, path),
                expected,
                "{} under {}",
                class.name(),
                allowed.name()
            );
        }
    }
}

#[test]
fn the_classes_that_make_a_path_ambiguous_are_named_without_those_that_are_allowed() {
    let section = json!({"allow": ["lower-case-escapes"]});
    let set = with_section("zero-trust", section, &[allow_all()]).unwrap();
    let request = with_path(b"/a/..;/%c0%ae?%zz");
    let classes: Vec<_> = set.ambiguous_path_classes(&request).collect();
    let expected = [
        PathClass::DotSegments,
        PathClass::PathParameters,
        PathClass::InvalidUtf8,
    ];
    assert_eq!(classes, expected);
}

#[test]
fn a_path_is_looked_at_where_and_only_where_a_policy_compares_paths() {
    let table = [
        (on(json!({"paths": ["/x"]})), true),
        (on(json!({"notPaths": ["/x"]})), true),
        (on(json!({"pathRegexes": ["/x"]})), true),
        (on(json!({"notPathRegexes": ["/x"]})), true),
        (on(json!({"paths": ["/x/{*}"]})), true),
        (
            json!({"when": [{"key": "request.headers[:path]", "values": ["/x"]}]}),
            true,
        ),
        (
            on(json!({"methods": ["PUT"], "ports": ["1"], "hosts": ["x"]})),
            false,
        ),
        (
            json!({"when": [{"key": "request.headers[x]", "values": ["/x"]}]}),
            false,
        ),
        (
            json!({"when": [{"key": "request.query[x]", "values": ["/x"]}]}),
            false,
        ),
    ];
    for (rule, is_looked_at) in table {
        let set = policies("zero-trust", &[allow_all(), deny(rule.clone())]);
        let denied = code(&set, b"/a//b") == "ambiguous-path";
        assert_eq!(denied, is_looked_at, "{rule}");
    }
}

#[test]
fn query_and_fragment_are_never_looked_at() {
    let set = policies("zero-trust", &[allow_all(), guarded()]);
    for (class, path) in PATHS {
        for mark in [b'?', b'#'] {
            let path = [b"/a", &[mark][..], path].concat();
            assert_eq!(code(&set, &path), "matched-allow", "{}", class.name());
        }
    }
}

#[test]
fn an_audit_policy_has_no_say_in_the_form_of_a_path() {
    let mut audit = guarded();
    *audit.pointer_mut("/spec/action").unwrap() = json!("AUDIT");
    let set = policies("zero-trust", &[allow_all(), audit]);
    assert_eq!(code(&set, b"/a//b"), "matched-allow");
}

#[test]
fn a_dry_run_policy_says_what_its_path_rules_would_refuse_and_refuses_nothing() {
    let set = policies("zero-trust", &[allow_all(), dry_run(guarded())]);
    for (path, expected) in [(&b"/a//b"[..], 1), (b"/a/b", 0), (b"/a?//", 0)] {
        let request = with_path(path);
        assert_eq!(set.decide(&request).code(), "matched-allow");
        assert_eq!(
            set.observe(&request).would_deny.len(),
            expected,
            "{}",
            path.escape_ascii()
        );
    }
}

#[test]
fn a_path_that_cannot_be_read_may_be_ambiguous_and_a_connection_has_no_path() {
    let set = policies("zero-trust", &[allow_all(), guarded()]);
    let unreadable = Request {
        path: Attribute::Unreadable,
        ..request()
    };
    assert_eq!(set.decide(&unreadable).code(), "ambiguous-path");
    let istio = policies("istio", &[allow_all(), guarded()]);
    assert_eq!(istio.decide(&unreadable).code(), "matched-deny");
    let connection = Request {
        protocol: Protocol::Tcp,
        ..with_path(b"//")
    };
    assert_eq!(set.decide(&connection).code(), "matched-deny");
}

#[test]
fn the_identity_and_the_host_are_judged_before_the_path() {
    let set = policies("zero-trust", &[allow_all(), guarded()]);
    let host = Request {
        host: Attribute::Known(b"a@b"),
        ..with_path(b"//")
    };
    assert_eq!(set.decide(&host).code(), "ambiguous-host");
}

#[test]
fn a_request_over_a_bound_is_denied_in_both_profiles_before_anything_else_and_is_not_observed() {
    let long = vec![b'a'; (64 << 10) + 1];
    for profile in ["zero-trust", "istio"] {
        let set = policies(profile, &[allow_all(), dry_run(deny(json!({})))]);
        let request = Request {
            host: Attribute::Known(b"a@b"),
            ..with_path(&long)
        };
        assert_eq!(set.decide(&request).code(), "request-too-large");
        assert_eq!(set.observe(&request), Default::default());
    }
}

#[test]
fn every_mistake_of_the_section_is_said_with_its_place() {
    let section = json!({"allow": ["dots", "path-parameters", 1], "deny": []});
    let errors = with_section("zero-trust", section, &[]).unwrap_err();
    let begins = [
        "ambiguousPaths.allow[0]: `dots` is not a class of ambiguous paths: repeated-slashes, dot-segments, ",
        "ambiguousPaths.allow[2]: expected text (write it in quotes), found the number `1`",
        "ambiguousPaths.deny: unknown field, expected one of `allow`",
    ];
    assert_eq!(errors.len(), begins.len(), "{errors:#?}");
    for (error, begin) in errors.iter().zip(begins) {
        assert!(error.starts_with(begin), "{error}");
    }
}

#[test]
fn a_section_without_its_list_is_refused_and_an_empty_list_allows_nothing() {
    let errors = with_section("zero-trust", json!({}), &[]).unwrap_err();
    let expected =
        "ambiguousPaths.allow: missing: the classes that are allowed; leave the section out for none";
    assert_eq!(errors, [expected]);
    let set = with_section("zero-trust", json!({"allow": []}), &[allow_all(), guarded()]).unwrap();
    assert_eq!(code(&set, b"//"), "ambiguous-path");
}

#[test]
fn profile_istio_refuses_the_section() {
    let errors = with_section("istio", json!({"allow": ["dots"]}), &[]).unwrap_err();
    assert_eq!(errors.len(), 2, "{errors:#?}");
    let expected =
        "ambiguousPaths: profile istio takes every path as it comes, as Istio does; leave the section out";
    assert!(errors.iter().any(|error| error == expected), "{errors:#?}");
}
