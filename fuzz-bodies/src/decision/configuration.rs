//! Policies drawn from an input.

use serde_json::{Map, Value, json};

use super::values::{exact, patterns};
use crate::draws::Draws;

/// A field with its negation, its values, and whether they may be patterns.
type Field = (&'static str, &'static str, &'static [&'static str], Form);

#[derive(Clone, Copy)]
enum Form {
    Patterns,
    Exact,
}

const BLOCKS: &[&str] = &["10.0.0.0/24", "10.0.0.7", "10.0.1.0/24", "2001:db8::/32"];
const NAMESPACES: &[&str] = &["shop", "evil"];
const PRINCIPALS: &[&str] = &[
    "cluster.local/ns/shop/sa/frontend",
    "cluster.local/ns/evil/sa/frontend",
];
const ACCOUNTS: &[&str] = &["frontend", "shop/orders", "evil/frontend"];
const TRUST_DOMAINS: &[&str] = &["cluster.local", "partner*", "*.example"];
const USERS: &[&str] = &["issuer/alice", "other/bob"];
const TEXTS: &[&str] = &["a", "ab", "admin"];

const DENIED: [(&str, &[&str]); 3] = [
    (
        "spiffeIds",
        &[
            "spiffe://cluster.local/ns/evil/*",
            "*/sa/orders",
            "spiffe://cluster.local/ns/shop/sa/frontend",
        ],
    ),
    ("serialNumbers", &["0a:1b", "7"]),
    (
        "sha256Digests",
        &["0000000000000000000000000000000000000000000000000000000000000007"],
    ),
];

const SOURCES: [Field; 6] = [
    ("principals", "notPrincipals", PRINCIPALS, Form::Patterns),
    ("namespaces", "notNamespaces", NAMESPACES, Form::Patterns),
    ("trustDomains", "notTrustDomains", TRUST_DOMAINS, Form::Exact),
    ("ipBlocks", "notIpBlocks", BLOCKS, Form::Exact),
    ("remoteIpBlocks", "notRemoteIpBlocks", BLOCKS, Form::Exact),
    ("requestPrincipals", "notRequestPrincipals", USERS, Form::Patterns),
];

const OPERATIONS: [Field; 7] = [
    (
        "paths",
        "notPaths",
        &["/orders", "/orders/1", "/admin"],
        Form::Patterns,
    ),
    (
        "paths",
        "notPaths",
        &["/orders/{*}", "/{**}/1", "/{*}"],
        Form::Exact,
    ),
    (
        "pathRegexes",
        "notPathRegexes",
        &["/orders/[0-9]+", "/.*", "/admin|/orders"],
        Form::Exact,
    ),
    (
        "hosts",
        "notHosts",
        &["orders.shop", "orders.shop:8080", "other.example"],
        Form::Patterns,
    ),
    (
        "hostRegexes",
        "notHostRegexes",
        &["orders\\..*", ".*"],
        Form::Exact,
    ),
    ("methods", "notMethods", &["GET", "POST"], Form::Patterns),
    (
        "ports",
        "notPorts",
        &["8080", "8000-8100", "1-65535"],
        Form::Exact,
    ),
];

const CONDITIONS: [(&str, &[&str], Form); 16] = [
    ("request.headers[x-role]", TEXTS, Form::Patterns),
    ("request.query[debug]", TEXTS, Form::Patterns),
    ("source.ip", BLOCKS, Form::Exact),
    ("remote.ip", BLOCKS, Form::Exact),
    ("destination.ip", BLOCKS, Form::Exact),
    ("destination.port", &["8080", "9090"], Form::Exact),
    ("source.namespace", NAMESPACES, Form::Patterns),
    ("source.principal", PRINCIPALS, Form::Patterns),
    ("source.serviceAccount", ACCOUNTS, Form::Exact),
    ("source.trustDomain", TRUST_DOMAINS, Form::Exact),
    ("request.auth.principal", USERS, Form::Patterns),
    ("request.auth.audiences", TEXTS, Form::Patterns),
    ("request.auth.claims[groups]", TEXTS, Form::Patterns),
    ("connection.sni", &["a.shop", "b.shop"], Form::Patterns),
    ("experimental.envoy.filters.a[k]", TEXTS, Form::Patterns),
    ("source.certificate.dnsSan", &["a.shop", "b.shop"], Form::Patterns),
];

/// Now and then a section `svid`, and a gateway's workload.
pub(super) fn settings(draws: &mut Draws<'_>) -> Map<String, Value> {
    let mut settings = Map::new();
    let mut svid = Map::new();
    if draws.one_in(8) {
        let labels = json!({"app": "orders", "gateway.networking.k8s.io/gateway-name": "orders"});
        settings.insert(
            "workload".to_owned(),
            json!({"namespace": "shop", "labels": labels}),
        );
        svid.insert("peerPrincipalKey".to_owned(), "io.istio.peer_principal".into());
    }
    if draws.one_in(4) {
        let (field, entries) = *draws.pick(&DENIED);
        svid.insert("denied".to_owned(), json!({field: exact(draws, entries)}));
    }
    if !svid.is_empty() {
        settings.insert("svid".to_owned(), svid.into());
    }
    settings
}

/// Fewer than four policies, then now and then an exception from the first.
pub(super) fn specs(draws: &mut Draws<'_>) -> Vec<Value> {
    let mut specs = draws.list(4, policy);
    if draws.one_in(4) {
        specs.insert(0, json!({"action": "DENY", "rules": rules(draws)}));
        let until = *draws.pick(&["2026-01-01T00:00:00Z", "2026-01-01T00:02:00Z"]);
        let exception = json!({"until": until, "lifts": ["shop/p0"]});
        specs.push(json!({"rules": rules(draws), "exception": exception}));
    }
    specs
}

fn policy(draws: &mut Draws<'_>) -> Value {
    let action = *draws.pick(&["ALLOW", "DENY", "ALLOW", "AUDIT"]);
    json!({"action": action, "rules": rules(draws)})
}

pub(super) fn rules(draws: &mut Draws<'_>) -> Vec<Value> {
    draws.list(3, rule)
}

fn rule(draws: &mut Draws<'_>) -> Value {
    let mut rule = Map::new();
    for (name, clause) in [
        ("from", source as fn(&mut Draws<'_>) -> Value),
        ("to", operation),
        ("when", condition),
    ] {
        let clauses = draws.list(3, clause);
        if !clauses.is_empty() {
            rule.insert(name.to_owned(), clauses.into());
        }
    }
    rule.into()
}

fn source(draws: &mut Draws<'_>) -> Value {
    if draws.one_in(6) {
        let name = *draws.pick(&["serviceAccounts", "notServiceAccounts"]);
        return json!({"source": {name: exact(draws, ACCOUNTS)}});
    }
    json!({"source": fields(draws, &SOURCES)})
}

fn operation(draws: &mut Draws<'_>) -> Value {
    if draws.one_in(6) {
        let name = *draws.pick(&["paths", "notPaths"]);
        let bound = *draws.pick(&[
            "source.namespace",
            "request.headers[x-who]",
            "request.auth.claims[who]",
        ]);
        return json!({"operation": {name: ["/t/{who}/{**}"], "bindings": {"who": bound}}});
    }
    json!({"operation": fields(draws, &OPERATIONS)})
}

fn fields(draws: &mut Draws<'_>, of: &[Field]) -> Value {
    let mut fields = Map::new();
    for _ in 0..=draws.below(2) {
        let (name, negation, literals, form) = *draws.pick(of);
        let name = *draws.pick(&[name, negation]);
        fields.insert(name.to_owned(), values(draws, literals, form));
    }
    fields.into()
}

fn values(draws: &mut Draws<'_>, literals: &[&str], form: Form) -> Value {
    match form {
        Form::Patterns => patterns(draws, literals),
        Form::Exact => exact(draws, literals),
    }
}

fn condition(draws: &mut Draws<'_>) -> Value {
    let special = [
        json!({"key": "source.certificate.remainingSeconds", "notNumbers": ["<60"]}),
        json!({"key": "request.auth.claims[level]", "numbers": [">=3"]}),
        json!({"key": "request.auth.claims[level]", "notNumbers": ["0..2"]}),
        json!({"key": "request.headers[x-role]", "notRegexes": ["a.*"]}),
    ];
    if draws.one_in(6) {
        return draws.pick(&special).clone();
    }
    let (key, literals, form) = *draws.pick(&CONDITIONS);
    let name = *draws.pick(&["values", "notValues"]);
    json!({"key": key, name: values(draws, literals, form)})
}
