//! Allowing a request takes no memory, whatever the rule reads that allows it.
//!
//! Counted by an allocator of this binary's own, for each thread by itself. What a request says in another form than it is
//! compared in (an escape in a query) is decoded into memory, and an expression keeps a cache from its first use on.

#![cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]
#![allow(unsafe_code, reason = "an allocator that counts is an allocator")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::IpAddr;
use std::sync::LazyLock;

use common::{FRONTEND, authorization_policy, compile, config};
use serde_json::{Value, json};
use spiffe_authz_policy::{
    Attribute, Decision, Document, LeafCertificate, LeafFacts, Limits, Peer, PeerCertificate, PolicySet,
    Request, Validation,
};
use time::OffsetDateTime;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.set(TAKEN.get() + 1);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        TAKEN.set(TAKEN.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PROFILES: [&str; 2] = ["zero-trust", "istio"];

/// What the peer presents beside its SPIFFE ID.
static LEAF: LazyLock<LeafCertificate> = LazyLock::new(|| {
    LeafCertificate::new(LeafFacts {
        dns_sans: vec!["Frontend.Shop.example".to_owned()],
        issuer_key_id: Some(vec![0xab, 0xcd]),
        not_after: Some(OffsetDateTime::UNIX_EPOCH + time::Duration::hours(1)),
        ..FRONTEND.facts().clone()
    })
});

static METADATA: LazyLock<Document> = LazyLock::new(|| {
    let metadata = json!({
        "envoy.filters.http.jwt_authn": {"payload": {"iss": "https://issuer", "sub": "alice", "groups": ["a", "b"], "level": 7}},
        "envoy.filters.http.labels": {"tier": "gold"},
    });
    Document::from_json(metadata.to_string().as_bytes(), Limits::default()).unwrap()
});

const HEADERS: &[(&[u8], &[u8])] = &[
    (b":method", b"GET"),
    (b"x-role", b"reader"),
    (b"accept", b"*/*"),
    (b"x-role", b"reader"),
];

/// A request with everything in it.
fn request() -> Request<'static> {
    let ip = |text: &str| Attribute::Known(text.parse::<IpAddr>().unwrap());
    Request {
        peer: Peer::Certificate(PeerCertificate {
            uri_sans: &[b"spiffe://cluster.local/ns/shop/sa/frontend"],
            validation: Validation::Validated,
            leaf: Attribute::Known(&LEAF),
            digest: Attribute::Known(&[7; 32]),
        }),
        source_ip: ip("10.1.2.3"),
        remote_ip: ip("203.0.113.9"),
        destination_ip: ip("10.0.0.8"),
        sni: Attribute::Known(b"orders.shop"),
        host: Attribute::Known(b"Orders.Shop.example:8080"),
        path: Attribute::Known(b"/Orders/shop/items/42?debug=yes&page=2"),
        headers: Attribute::Known(HEADERS),
        metadata: Attribute::Known(&METADATA),
        time: Attribute::Known(OffsetDateTime::UNIX_EPOCH),
        ..common::request()
    }
}

fn from(source: Value) -> Value {
    json!({"from": [{"source": source}]})
}

fn to(operation: Value) -> Value {
    json!({"to": [{"operation": operation}]})
}

fn when(key: &str, part: &str, value: &str) -> Value {
    json!({"when": [{"key": key, part: [value]}]})
}

/// A rule that compares a path with the SPIFFE ID, which profile istio takes apart for it alone.
fn bound() -> Value {
    to(json!({"paths": ["/Orders/{ns}/items/{**}"], "bindings": {"ns": "source.namespace"}}))
}

/// Rules that match the request, each by another attribute or another form.
fn rules() -> Vec<Value> {
    vec![
        json!({}),
        from(json!({"principals": ["cluster.local/ns/shop/sa/frontend"]})),
        from(json!({"principals": ["*/sa/frontend"], "notPrincipals": ["cluster.local/ns/other/*"]})),
        from(json!({"namespaces": ["shop"]})),
        from(json!({"serviceAccounts": ["shop/frontend"]})),
        from(json!({"trustDomains": ["cluster.local"]})),
        from(json!({"ipBlocks": ["10.0.0.0/8"]})),
        from(json!({"remoteIpBlocks": ["203.0.113.0/24"], "notRemoteIpBlocks": ["203.0.113.128/25"]})),
        from(json!({"requestPrincipals": ["https://issuer/alice"]})),
        to(json!({"methods": ["GET"], "ports": ["8080"]})),
        to(json!({"hosts": ["orders.shop.example:8080"]})),
        to(json!({"hosts": ["*.other", "orders.*"]})),
        to(json!({"paths": ["/Orders/shop/items/42"]})),
        to(json!({"paths": ["/Orders/*"], "notPaths": ["*/admin"]})),
        to(json!({"paths": ["/orders/SHOP/items/42"], "ignoreCase": true})),
        to(json!({"paths": ["/orders/*"], "ignoreCase": true})),
        to(json!({"paths": ["/Orders/{*}/items/{**}"]})),
        to(json!({"paths": ["/orders/{*}/ITEMS/{*}"], "ignoreCase": true})),
        to(json!({"pathRegexes": ["/Orders/[a-z]+/items/[0-9]+"]})),
        to(json!({"hostRegexes": ["(?i)orders\\..*"]})),
        when("request.headers[x-role]", "values", "read*"),
        when("request.headers[x-role]", "notValues", "guest"),
        when("request.headers[x-role]", "regexes", "read(er)?"),
        when("request.query[debug]", "values", "yes"),
        when("request.query[debug]", "notValues", "no"),
        when("request.query[page]", "regexes", "[0-9]+"),
        when("request.auth.principal", "values", "*/alice"),
        when("request.auth.claims[groups]", "values", "b"),
        when("request.auth.claims[level]", "numbers", "3..10"),
        when("experimental.envoy.filters.http.labels[tier]", "values", "gold"),
        when("destination.ip", "values", "10.0.0.8"),
        when("destination.port", "values", "8080"),
        when("connection.sni", "values", "orders.*"),
        when("source.certificate.dnsSan", "values", "*.SHOP.example"),
        when("source.certificate.issuerKeyId", "values", "abcd"),
        when("source.certificate.remainingSeconds", "numbers", ">60"),
    ]
}

fn allowing(profile: &str, rules: &Value) -> PolicySet {
    let policy = authorization_policy("allow", json!({"action": "ALLOW", "rules": rules}));
    compile(&config(profile, &[policy])).unwrap_or_else(|errors| panic!("{rules}: {errors}"))
}

/// How often memory was taken to allow the request.
fn taken(policies: &PolicySet, request: &Request<'_>) -> usize {
    let before = TAKEN.get();
    let decision = policies.decide(request);
    let taken = TAKEN.get() - before;
    assert!(matches!(decision, Decision::Allow(_)), "{decision:?}");
    taken
}

/// Every profile with every rule that it takes and that matches there.
fn each_rule(check: impl Fn(&PolicySet, &Value)) {
    for profile in PROFILES {
        for rule in rules() {
            check(&allowing(profile, &json!([rule])), &rule);
        }
    }
    check(&allowing("zero-trust", &json!([bound()])), &bound());
}

#[test]
fn a_request_is_allowed_without_memory_whatever_its_rule_reads() {
    let request = request();
    each_rule(|policies, rule| {
        // What keeps a cache makes it now.
        taken(policies, &request);
        assert_eq!(taken(policies, &request), 0, "{rule}");
    });
}

#[test]
fn rules_that_do_not_match_take_no_memory_either() {
    let request = request();
    for profile in PROFILES {
        let unmatched = [
            from(json!({"principals": ["cluster.local/ns/shop/sa/other"]})),
            to(json!({"paths": ["/orders/shop/items/43"], "ignoreCase": true})),
            when("request.query[debug]", "values", "no"),
            when("source.certificate.dnsSan", "values", "other.shop"),
        ];
        let mut rules = unmatched.to_vec();
        rules.extend(std::iter::repeat_n(unmatched[0].clone(), 500));
        rules.push(json!({}));
        let policies = allowing(profile, &json!(rules));
        taken(&policies, &request);
        assert_eq!(taken(&policies, &request), 0);
    }
}

#[test]
fn the_allocator_of_this_test_counts() {
    let before = TAKEN.get();
    drop(vec![1_u8]);
    assert_eq!(TAKEN.get(), before + 1);
}
