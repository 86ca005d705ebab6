//! S-10 on connections: who, from where, to which port, for which server name; and what fields of requests mean there.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::guarded::FRONTEND;

use crate::table::{
    ALLOWED, BATCH, DENIED, MTLS_REQUIRED, NOT_ALLOWED, OTHER, PARTNER, Peer, Row, assert_verdicts, policy,
    resources,
};

const INSIDE: Ipv4Addr = Ipv4Addr::new(127, 5, 6, 7);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);

fn allow(rule: Value) -> Value {
    resources([policy("ALLOW", json!([rule]))])
}

/// Everybody may connect but for whom this rule names.
fn deny(rule: Value) -> Value {
    resources([policy("ALLOW", json!([{}])), policy("DENY", json!([rule]))])
}

fn from(source: Value) -> Value {
    json!({"from": [{"source": source}]})
}

fn to(operation: Value) -> Value {
    json!({"to": [{"operation": operation}]})
}

fn when(key: &str, value: &str) -> Value {
    json!({"when": [{"key": key, "values": [value]}]})
}

/// The same rule with the operation beside the source.
fn frontend_to(operation: Value) -> Value {
    json!({"from": [{"source": {"principals": [FRONTEND]}}], "to": [{"operation": operation}]})
}

#[tokio::test]
async fn an_allow_policy_admits_whom_it_names_and_a_deny_policy_bars_whom_it_names() {
    let rows: &[Row] = &[
        (
            "ALLOW: a principal",
            |_| allow(from(json!({"principals": [FRONTEND]}))),
            &[
                (Peer::Mtls(FRONTEND), ALLOWED),
                (Peer::Mtls(OTHER), NOT_ALLOWED),
                (Peer::Mtls(PARTNER), NOT_ALLOWED),
                (Peer::Plaintext, MTLS_REQUIRED),
            ],
        ),
        (
            "ALLOW: a namespace, of the trust domain of the mesh",
            |_| allow(from(json!({"namespaces": ["shop"]}))),
            &[
                (Peer::Mtls(OTHER), ALLOWED),
                (Peer::Mtls(BATCH), NOT_ALLOWED),
                (Peer::Mtls(PARTNER), NOT_ALLOWED),
            ],
        ),
        (
            "ALLOW: an address block",
            |_| allow(from(json!({"ipBlocks": ["127.5.0.0/16"]}))),
            &[(Peer::From(INSIDE), ALLOWED), (Peer::From(OUTSIDE), NOT_ALLOWED)],
        ),
        (
            "ALLOW: the port of the listener",
            |port| allow(to(json!({"ports": [port.to_string()]}))),
            &[(Peer::Mtls(FRONTEND), ALLOWED)],
        ),
        (
            "ALLOW: another port",
            |port| allow(to(json!({"ports": [(port ^ 1).to_string()]}))),
            &[(Peer::Mtls(FRONTEND), NOT_ALLOWED)],
        ),
        (
            "ALLOW: a server name",
            |_| allow(when("connection.sni", "*.shop")),
            &[
                (Peer::AskingFor("orders.shop"), ALLOWED),
                (Peer::AskingFor("orders.bank"), NOT_ALLOWED),
                (Peer::Mtls(FRONTEND), NOT_ALLOWED),
            ],
        ),
        (
            "DENY: a principal",
            |_| deny(from(json!({"principals": [OTHER]}))),
            &[(Peer::Mtls(FRONTEND), ALLOWED), (Peer::Mtls(OTHER), DENIED)],
        ),
        (
            "DENY: a namespace",
            |_| deny(from(json!({"namespaces": ["batch"]}))),
            &[(Peer::Mtls(FRONTEND), ALLOWED), (Peer::Mtls(BATCH), DENIED)],
        ),
        (
            "DENY: an address block",
            |_| deny(from(json!({"ipBlocks": ["127.5.0.0/16"]}))),
            &[(Peer::From(OUTSIDE), ALLOWED), (Peer::From(INSIDE), DENIED)],
        ),
        (
            "DENY: the port of the listener",
            |port| deny(to(json!({"ports": [port.to_string()]}))),
            &[(Peer::Mtls(FRONTEND), DENIED)],
        ),
        (
            "DENY: a server name",
            |_| deny(when("connection.sni", "orders.bank")),
            &[
                (Peer::AskingFor("orders.shop"), ALLOWED),
                (Peer::AskingFor("orders.bank"), DENIED),
            ],
        ),
    ];
    assert_verdicts("tcp-policies", rows).await;
}

#[tokio::test]
async fn a_field_of_requests_keeps_an_allow_rule_from_matching_and_drops_out_of_a_deny_rule() {
    let rows: &[Row] = &[
        (
            "an ALLOW rule on a method beside a principal",
            |_| allow(frontend_to(json!({"methods": ["GET"]}))),
            &[(Peer::Mtls(FRONTEND), NOT_ALLOWED)],
        ),
        (
            "an ALLOW rule on a path that is not there",
            |_| allow(to(json!({"notPaths": ["/admin"]}))),
            &[(Peer::Mtls(FRONTEND), NOT_ALLOWED)],
        ),
        (
            "an ALLOW rule on a port, behind one on a header",
            |port| {
                let header = when("request.headers[x-role]", "admin");
                resources([policy(
                    "ALLOW",
                    json!([header, to(json!({"ports": [port.to_string()]}))]),
                )])
            },
            &[(Peer::Mtls(FRONTEND), ALLOWED)],
        ),
        (
            "a DENY rule on a principal and a method is one on the principal",
            |_| deny(frontend_to(json!({"methods": ["GET"]}))),
            &[(Peer::Mtls(FRONTEND), DENIED), (Peer::Mtls(OTHER), ALLOWED)],
        ),
        (
            "a DENY rule on a method alone is one on everything",
            |_| deny(to(json!({"methods": ["DELETE"]}))),
            &[(Peer::Mtls(FRONTEND), DENIED), (Peer::Mtls(OTHER), DENIED)],
        ),
        (
            "a DENY rule on other methods too",
            |_| deny(to(json!({"notMethods": ["GET"]}))),
            &[(Peer::Mtls(FRONTEND), DENIED)],
        ),
        (
            "a DENY rule on a path and another port keeps the port",
            |port| {
                deny(to(
                    json!({"paths": ["/admin"], "ports": [(port ^ 1).to_string()]}),
                ))
            },
            &[(Peer::Mtls(FRONTEND), ALLOWED)],
        ),
    ];
    assert_verdicts("tcp-http-fields", rows).await;
}
