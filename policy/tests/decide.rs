//! The decision table, from configuration to cause.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod common;

use common::{authorization_policy, compile, config, peer_authentication, request};
use serde_json::{Value, json};
use spiffe_authz_policy::{Attribute, Peer, PolicySet, Request};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const PROFILES: [&str; 2] = ["zero-trust", "istio"];

fn policies(profile: &str, resources: &[Value]) -> PolicySet {
    compile(&config(profile, resources)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn allow(rules: Value) -> Value {
    authorization_policy("allow", json!({"action": "ALLOW", "rules": rules}))
}

fn deny(rules: Value) -> Value {
    authorization_policy("deny", json!({"action": "DENY", "rules": rules}))
}

fn from(principal: &str) -> Value {
    json!([{"from": [{"source": {"principals": [principal]}}]}])
}

/// `effect cause rule`, such as `deny matched-deny ns[shop]-policy[deny]-rule[0]`.
fn verdict(set: &PolicySet, request: &Request<'_>) -> String {
    let decision = set.decide(request);
    let rule = decision.rule().map(|rule| format!(" {rule}")).unwrap_or_default();
    format!("{} {}{rule}", decision.effect(), decision.code())
}

fn plaintext() -> Request<'static> {
    Request {
        peer: Peer::Plaintext,
        ..request()
    }
}

#[test]
fn without_an_allow_policy_the_profile_decides() {
    assert_eq!(
        verdict(&policies("zero-trust", &[]), &request()),
        "deny no-allow-policy"
    );
    assert_eq!(
        verdict(&policies("istio", &[]), &request()),
        "allow no-allow-policy"
    );
}

#[test]
fn deny_comes_before_allow() {
    for profile in PROFILES {
        let set = policies(profile, &[allow(json!([{}])), deny(from("*/sa/frontend"))]);
        assert_eq!(
            verdict(&set, &request()),
            "deny matched-deny ns[shop]-policy[deny]-rule[0]"
        );
    }
}

#[test]
fn an_allow_policy_admits_what_it_names_and_nothing_else() {
    for profile in PROFILES {
        let set = policies(profile, &[allow(from("cluster.local/ns/shop/sa/frontend"))]);
        assert_eq!(
            verdict(&set, &request()),
            "allow matched-allow ns[shop]-policy[allow]-rule[0]"
        );
        let set = policies(profile, &[allow(from("cluster.local/ns/shop/sa/other"))]);
        assert_eq!(verdict(&set, &request()), "deny no-matching-allow");
    }
}

#[test]
fn an_allow_policy_without_rules_denies_all_and_one_with_an_empty_rule_allows_all() {
    for profile in PROFILES {
        assert_eq!(
            verdict(&policies(profile, &[allow(json!([]))]), &request()),
            "deny no-matching-allow"
        );
        let all = policies(profile, &[allow(json!([{}]))]);
        assert_eq!(
            verdict(&all, &request()),
            "allow matched-allow ns[shop]-policy[allow]-rule[0]"
        );
    }
}

#[test]
fn plaintext_under_strict_is_refused_before_any_policy() {
    let strict = peer_authentication("shop", "default", json!({"mtls": {"mode": "STRICT"}}));
    for profile in PROFILES {
        let set = policies(profile, &[strict.clone(), allow(json!([{}]))]);
        assert_eq!(verdict(&set, &plaintext()), "deny mtls-required");
    }
}

#[test]
fn zero_trust_takes_a_missing_identity_for_the_one_that_is_denied() {
    let permissive = peer_authentication("shop", "default", json!({"mtls": {"mode": "PERMISSIVE"}}));
    let resources = [
        permissive,
        allow(json!([{}])),
        deny(from("cluster.local/ns/evil/sa/x")),
    ];
    let set = policies("zero-trust", &resources);
    assert_eq!(
        verdict(&set, &plaintext()),
        "deny matched-deny ns[shop]-policy[deny]-rule[0]"
    );
    let set = policies("istio", &resources);
    assert_eq!(
        verdict(&set, &plaintext()),
        "allow matched-allow ns[shop]-policy[allow]-rule[0]"
    );
}

#[test]
fn the_rule_named_is_the_first_in_policy_order_then_rule_index() {
    let aged = |name: &str, created: &str| {
        let mut policy = authorization_policy(
            name,
            json!({"rules": [{"to": [{"operation": {"methods": ["PUT"]}}]}, {}]}),
        );
        policy["metadata"]["creationTimestamp"] = json!(created);
        policy
    };
    let resources = [
        aged("a", "2026-01-02T00:00:00Z"),
        aged("b", "2026-01-01T00:00:00Z"),
    ];
    let set = policies("istio", &resources);
    assert_eq!(
        verdict(&set, &request()),
        "allow matched-allow ns[shop]-policy[b]-rule[1]"
    );
}

/// The request with one attribute that the host failed to give.
fn with_unreadable(attribute: usize) -> Request<'static> {
    let request = request();
    match attribute {
        0 => Request {
            peer: Peer::Unreadable,
            ..request
        },
        1 => Request {
            destination_port: Attribute::Unreadable,
            ..request
        },
        2 => Request {
            method: Attribute::Unreadable,
            ..request
        },
        3 => Request {
            host: Attribute::Unreadable,
            ..request
        },
        _ => Request {
            path: Attribute::Unreadable,
            ..request
        },
    }
}

#[test]
fn an_unreadable_attribute_matches_no_allow_rule_and_every_deny_rule() {
    let sources = json!([{"source": {"principals": ["*"]}}]);
    let operation = |field: &str, value: &str| json!([{"operation": {field: [value]}}]);
    let rules = [
        json!([{"from": sources}]),
        json!([{"to": operation("ports", "8080")}]),
        json!([{"to": operation("methods", "GET")}]),
        json!([{"to": operation("hosts", "orders.shop")}]),
        json!([{"to": operation("paths", "/orders/1")}]),
    ];
    for (attribute, rule) in rules.iter().enumerate() {
        let set = policies("istio", &[allow(rule.clone())]);
        assert!(verdict(&set, &request()).starts_with("allow"), "{rule}");
        assert_eq!(
            verdict(&set, &with_unreadable(attribute)),
            "deny no-matching-allow",
            "{rule}"
        );
        let other = json!(
            rule.to_string()
                .replace("orders", "x")
                .replace("8080", "1")
                .replace("GET", "PUT")
        );
        let other: Value = serde_json::from_str(other.as_str().unwrap()).unwrap();
        let set = policies("istio", &[allow(json!([{}])), deny(other)]);
        assert!(
            verdict(&set, &with_unreadable(attribute)).starts_with("deny matched-deny"),
            "{rule}"
        );
    }
}

#[test]
fn user_information_in_the_host_is_refused_in_zero_trust() {
    let request = Request {
        host: Attribute::Known(b"user@orders.shop"),
        ..request()
    };
    assert_eq!(
        verdict(&policies("zero-trust", &[allow(json!([{}]))]), &request),
        "deny ambiguous-host"
    );
    assert!(verdict(&policies("istio", &[allow(json!([{}]))]), &request).starts_with("allow"));
}

#[test]
fn the_workload_of_the_document_wins_over_the_node() {
    let node = spiffe_authz_policy::Workload {
        namespace: "other".to_owned(),
        labels: [].into(),
        waypoint: None,
    };
    let set =
        PolicySet::from_plugin_configuration(config("istio", &[]).to_string().as_bytes(), Some(node.clone()))
            .unwrap();
    assert_eq!(set.workload().namespace, "shop");
    let set = PolicySet::from_plugin_configuration(br#"{"resources": []}"#, Some(node)).unwrap();
    assert_eq!(set.workload().namespace, "other");
}

#[test]
fn a_peer_authentication_that_is_ignored_is_said_to_be() {
    let strict = json!({"mtls": {"mode": "STRICT"}});
    let mut older = peer_authentication("shop", "older", strict.clone());
    older["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
    let mut newer = peer_authentication("shop", "newer", json!({"mtls": {"mode": "DISABLE"}}));
    newer["metadata"]["creationTimestamp"] = json!("2026-01-02T00:00:00Z");
    let selecting = json!({"selector": {"matchLabels": {"app": "orders"}}, "mtls": {"mode": "DISABLE"}});
    let root = peer_authentication("istio-system", "selecting", selecting);
    let set = policies("istio", &[newer, older, root]);
    assert_eq!(verdict(&set, &plaintext()), "deny mtls-required");
    let notices: Vec<String> = set.notices().iter().map(ToString::to_string).collect();
    assert_eq!(
        notices,
        [
            "PeerAuthentication istio-system/selecting is ignored: in the root namespace it must not have a selector",
            "PeerAuthentication shop/newer is ignored: shop/older is older and speaks for the same workloads",
        ]
    );
}
