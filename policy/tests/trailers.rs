//! Trailers that have the name of a header that policies read.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a failed test panics")]

mod common;

use common::{authorization_policy, compile, config};
use serde_json::{Value, json};
use spiffe_authz_policy::{Attribute, Headers, PolicySet};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn policies(profile: &str, policy: Value) -> PolicySet {
    compile(&config(profile, &[policy])).unwrap_or_else(|errors| panic!("{errors}"))
}

fn deny(rule: Value) -> Value {
    authorization_policy("deny", json!({"action": "DENY", "rules": [rule]}))
}

fn header_rule(name: &str) -> Value {
    json!({"when": [{"key": format!("request.headers[{name}]"), "notValues": ["a"]}]})
}

fn refused(set: &PolicySet, trailers: Attribute<Headers<'_>>) -> Option<&'static str> {
    set.refuses_trailers(trailers).map(|denial| denial.code())
}

fn refuses(set: &PolicySet, name: &str) -> bool {
    let trailers = [(&b"x-other"[..], &b""[..]), (name.as_bytes(), b"v")];
    refused(set, Attribute::Known(&trailers)) == Some("trailer-in-policy")
}

#[test]
fn a_trailer_is_refused_where_and_only_where_its_name_is_read() {
    let operation = |operation: Value| json!({"to": [{"operation": operation}]});
    let bound = json!({"paths": ["/{tenant}"], "bindings": {"tenant": "request.headers[x-tenant]"}});
    let table: [(Value, &[&str], &[&str]); 8] = [
        (json!({}), &[], &["x-role", "host", ":path"]),
        (
            header_rule("X-Role"),
            &["x-role", "X-ROLE"],
            &["x-rol", "x-role2", "host"],
        ),
        (header_rule("host"), &["host", ":authority"], &[":path"]),
        (header_rule(":method"), &[":method"], &["host"]),
        (
            operation(json!({"hosts": ["a"]})),
            &["host", "Host", ":authority"],
            &[":path", "x-role"],
        ),
        (operation(json!({"notHosts": ["a"]})), &["host"], &[":method"]),
        (operation(json!({"methods": ["GET"]})), &[":method"], &["host"]),
        (operation(bound), &["x-tenant", ":path"], &["host", "tenant"]),
    ];
    for (rule, yes, no) in table {
        let set = policies("zero-trust", deny(rule.clone()));
        for name in yes {
            assert!(refuses(&set, name), "{name} under {rule}");
        }
        for name in no {
            assert!(!refuses(&set, name), "{name} under {rule}");
        }
    }
}

#[test]
fn trailers_that_cannot_be_read_are_refused_where_any_header_is_read() {
    let reading = policies("zero-trust", deny(header_rule("x-role")));
    assert!(reading.judges_trailers());
    assert_eq!(
        refused(&reading, Attribute::Unreadable),
        Some("trailer-in-policy")
    );
    assert_eq!(refused(&reading, Attribute::Absent), None);
    assert_eq!(refused(&reading, Attribute::Known(&[])), None);
    let other = policies("zero-trust", deny(json!({})));
    assert!(!other.judges_trailers());
    assert_eq!(refused(&other, Attribute::Unreadable), None);
}

#[test]
fn profile_istio_asks_for_no_trailers() {
    let set = policies("istio", deny(header_rule("x-role")));
    assert!(!set.judges_trailers());
    assert!(!refuses(&set, "x-role"));
    assert_eq!(refused(&set, Attribute::Unreadable), None);
}

#[test]
fn policies_that_only_watch_have_no_say_in_trailers() {
    let mut audit = deny(header_rule("x-role"));
    *audit.pointer_mut("/spec/action").unwrap() = json!("AUDIT");
    let mut dry_run = deny(header_rule("x-role"));
    let metadata = dry_run.pointer_mut("/metadata").unwrap().as_object_mut().unwrap();
    metadata.insert("annotations".to_owned(), json!({"istio.io/dry-run": "true"}));
    for policy in [audit, dry_run] {
        assert!(!policies("zero-trust", policy).judges_trailers());
    }
}

#[test]
fn more_trailers_than_the_bound_are_refused_by_it() {
    let set = policies("zero-trust", deny(header_rule("x-role")));
    let trailers = vec![(&b"a"[..], &b""[..]); 4097];
    assert_eq!(
        refused(&set, Attribute::Known(&trailers)),
        Some("request-too-large")
    );
    assert_eq!(refused(&set, Attribute::Known(&trailers[1..])), None);
}
