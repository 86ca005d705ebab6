//! The decision table, from configuration to cause.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod common;

use std::sync::LazyLock;

use common::{FRONTEND, authorization_policy, compile, config, peer_authentication, request};
use serde_json::{Value, json};
use spiffe_authz_policy::{
    Attribute, Body, Decision, Denial, Document, Input, LeafCertificate, LeafFacts, Limits, Peer, PolicySet,
    Protocol, Request, Shadow, ShadowResult,
};
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

/// How an attribute is lost, a rule that reads it and matches [`full`], and one that does not.
type Reader = (fn(&mut Request<'static>), Value, Value);

fn source(field: &str, value: &str) -> Value {
    json!([{"from": [{"source": {field: [value]}}]}])
}

fn operation(field: &str, value: &str) -> Value {
    json!([{"to": [{"operation": {field: [value]}}]}])
}

fn condition(key: &str, value: &str) -> Value {
    json!([{"when": [{"key": key, "values": [value]}]}])
}

fn readers_of_operations() -> [Reader; 5] {
    [
        (
            |request| request.destination_port = Attribute::Unreadable,
            operation("ports", "8080"),
            operation("ports", "1"),
        ),
        (
            |request| request.method = Attribute::Unreadable,
            operation("methods", "GET"),
            operation("methods", "PUT"),
        ),
        (
            |request| request.host = Attribute::Unreadable,
            operation("hosts", "orders.shop"),
            operation("hosts", "x"),
        ),
        (
            |request| request.path = Attribute::Unreadable,
            operation("paths", "/orders/1"),
            operation("paths", "/x"),
        ),
        (
            |request| request.headers = Attribute::Unreadable,
            condition("request.headers[x-role]", "admin"),
            condition("request.headers[x-role]", "x"),
        ),
    ]
}

fn readers_of_sources() -> [Reader; 4] {
    [
        (
            |request| request.peer = Peer::Unreadable,
            source("principals", "*"),
            source("principals", "x"),
        ),
        (
            |request| request.remote_ip = Attribute::Unreadable,
            source("remoteIpBlocks", "10.0.0.0/8"),
            source("remoteIpBlocks", "11.0.0.0/8"),
        ),
        (
            |request| request.metadata = Attribute::Unreadable,
            source("requestPrincipals", "issuer/alice"),
            source("requestPrincipals", "x/y"),
        ),
        (
            without_leaf,
            condition("source.certificate.dnsSan", "a.shop"),
            condition("source.certificate.dnsSan", "x"),
        ),
    ]
}

fn readers_of_connections() -> [Reader; 3] {
    [
        (
            |request| request.destination_ip = Attribute::Unreadable,
            condition("destination.ip", "10.0.0.8"),
            condition("destination.ip", "10.0.0.9"),
        ),
        (
            |request| request.sni = Attribute::Unreadable,
            condition("connection.sni", "a.shop"),
            condition("connection.sni", "x"),
        ),
        (
            |request| request.metadata = Attribute::Unreadable,
            condition("experimental.envoy.filters.a[k]", "v"),
            condition("experimental.envoy.filters.a[k]", "x"),
        ),
    ]
}

fn without_leaf(request: &mut Request<'static>) {
    if let Peer::Certificate(certificate) = &mut request.peer {
        certificate.leaf = Attribute::Unreadable;
    }
}

static LEAF: LazyLock<LeafCertificate> = LazyLock::new(|| {
    LeafCertificate::new(LeafFacts {
        dns_sans: vec!["a.shop".to_owned()],
        ..FRONTEND.facts().clone()
    })
});

static METADATA: LazyLock<Document> = LazyLock::new(|| {
    let json = br#"{"envoy.filters.a": {"k": "v"},
        "envoy.filters.http.jwt_authn": {"payload": {"iss": "issuer", "sub": "alice"}}}"#;
    Document::from_json(json, Limits::default()).unwrap()
});

/// [`request`] with every attribute known.
fn full() -> Request<'static> {
    let mut request = Request {
        source_ip: Attribute::Known([10, 0, 0, 7].into()),
        remote_ip: Attribute::Known([10, 0, 0, 9].into()),
        destination_ip: Attribute::Known([10, 0, 0, 8].into()),
        sni: Attribute::Known(b"a.shop"),
        headers: Attribute::Known(&[(b"x-role", b"admin")]),
        metadata: Attribute::Known(&METADATA),
        ..request()
    };
    if let Peer::Certificate(certificate) = &mut request.peer {
        certificate.leaf = Attribute::Known(&LEAF);
    }
    request
}

#[test]
fn an_unreadable_attribute_matches_no_allow_rule_and_every_deny_rule() {
    let readers = readers_of_operations().into_iter().chain(readers_of_sources());
    for (lose, matching, other) in readers.chain(readers_of_connections()) {
        let mut unreadable = full();
        lose(&mut unreadable);
        let set = policies("istio", &[allow(matching.clone())]);
        assert!(verdict(&set, &full()).starts_with("allow"), "{matching}");
        assert_eq!(verdict(&set, &unreadable), "deny no-matching-allow", "{matching}");
        let set = policies("istio", &[allow(json!([{}])), deny(other.clone())]);
        assert!(verdict(&set, &full()).starts_with("allow"), "{other}");
        assert!(
            verdict(&set, &unreadable).starts_with("deny matched-deny"),
            "{other}"
        );
    }
}

#[test]
fn a_direct_peer_address_that_cannot_be_read_is_a_cause_of_its_own() {
    let block = |block: &str| json!([{}, {"from": [{"source": {"ipBlocks": [block]}}]}]);
    let unreadable = Request {
        source_ip: Attribute::Unreadable,
        ..full()
    };
    for profile in PROFILES {
        let deny_rules = json!([block("11.0.0.0/8")[1]]);
        let set = policies(profile, &[allow(json!([{}])), deny(deny_rules)]);
        assert!(verdict(&set, &full()).starts_with("allow"));
        assert_eq!(
            verdict(&set, &unreadable),
            "deny source-ip-unreadable ns[shop]-policy[deny]-rule[0]"
        );
        let set = policies(profile, &[allow(json!([block("10.0.0.7")[1]]))]);
        assert!(verdict(&set, &full()).starts_with("allow"));
        assert_eq!(
            verdict(&set, &unreadable),
            "deny source-ip-unreadable ns[shop]-policy[allow]-rule[0]"
        );
        // Where another rule decides, the address is not the cause.
        let set = policies(profile, &[allow(block("10.0.0.7"))]);
        assert_eq!(
            verdict(&set, &unreadable),
            "allow matched-allow ns[shop]-policy[allow]-rule[0]"
        );
        let set = policies(profile, &[allow(from("x"))]);
        assert_eq!(verdict(&set, &unreadable), "deny no-matching-allow");
    }
}

#[test]
fn a_set_reads_what_its_policies_read_and_no_more() {
    let table = [
        (json!([{}]), None),
        (
            json!([{"from": [{"source": {"notIpBlocks": ["10.0.0.7"]}}]}]),
            Some(Input::SourceIp),
        ),
        (
            json!([{"when": [{"key": "remote.ip", "values": ["::1"]}]}]),
            Some(Input::RemoteIp),
        ),
        (
            json!([{"when": [{"key": "connection.sni", "values": ["*"]}]}]),
            Some(Input::Sni),
        ),
        (
            json!([{"when": [{"key": "request.auth.claims[a]", "values": ["*"]}]}]),
            Some(Input::Metadata),
        ),
        (
            json!([{"when": [{"key": "source.certificate.dnsSan", "values": ["*"]}]}]),
            Some(Input::Certificate),
        ),
    ];
    for (rules, read) in table {
        let set = policies("istio", &[allow(rules.clone())]);
        for input in [
            Input::SourceIp,
            Input::RemoteIp,
            Input::DestinationIp,
            Input::Sni,
            Input::Metadata,
            Input::Certificate,
            Input::Time,
        ] {
            assert_eq!(set.reads(input), read == Some(input), "{rules} {input:?}");
        }
    }
}

#[test]
fn only_a_deny_rule_answers_with_the_response_of_its_policy() {
    let spec = json!({
        "action": "DENY",
        "rules": [{"to": [{"operation": {"paths": ["/orders/1"]}}]}],
        "denyResponse": {"status": 404, "json": {"error": "not found"}},
    });
    let set = policies("istio", &[authorization_policy("deny", spec)]);
    let request = request();
    let Decision::Deny(Denial::MatchedDeny {
        response: Some(response),
        ..
    }) = set.decide(&request)
    else {
        panic!("the policy denies with its response")
    };
    assert_eq!(response.status, Some(404));
    assert_eq!(
        response.body.as_ref().map(Body::as_str),
        Some(r#"{"error":"not found"}"#)
    );
}

#[test]
fn istio_own_dry_run_is_shown_in_its_profile_alone() {
    let dry_run = |name: &str, action: &str, rules: Value| {
        let mut policy = authorization_policy(name, json!({"action": action, "rules": rules}));
        policy["metadata"]["annotations"] = json!({"istio.io/dry-run": "true"});
        policy
    };
    let resources = [
        dry_run("a", "ALLOW", from("x")),
        dry_run("b", "DENY", json!([{}])),
    ];
    let (request, set) = (request(), policies("istio", &resources));
    let shadow = set.observe(&request).shadow;
    assert_eq!(shadow.allow, Some(ShadowResult::Denied(None)));
    let Some(ShadowResult::Denied(Some(rule))) = shadow.deny else {
        panic!("{shadow:?}")
    };
    assert_eq!(rule.to_string(), "ns[shop]-policy[b]-rule[0]");
    let zero_trust = policies("zero-trust", &resources);
    assert_eq!(zero_trust.observe(&request).shadow, Shadow::default());
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
fn a_host_that_cannot_be_read_may_have_user_information() {
    let request = Request {
        host: Attribute::Unreadable,
        ..request()
    };
    let open = |profile| policies(profile, &[allow(json!([{}]))]);
    assert_eq!(verdict(&open("zero-trust"), &request), "deny ambiguous-host");
    assert!(verdict(&open("istio"), &request).starts_with("allow"));
    let connection = Request {
        protocol: Protocol::Tcp,
        ..request
    };
    assert!(verdict(&open("zero-trust"), &connection).starts_with("allow"));
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
