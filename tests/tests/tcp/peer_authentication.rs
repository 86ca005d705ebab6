//! mTLS modes on connections: of the workload, and of its ports.

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::guarded::FRONTEND;

use crate::table::{
    ALLOWED, MTLS_REQUIRED, NOT_ALLOWED, Peer, Row, Verdict, assert_verdicts, policy, resources,
};

const BOTH_PASS: &[(Peer, Verdict)] = &[(Peer::Mtls(FRONTEND), ALLOWED), (Peer::Plaintext, ALLOWED)];
const MTLS_PASSES: &[(Peer, Verdict)] = &[(Peer::Mtls(FRONTEND), ALLOWED), (Peer::Plaintext, MTLS_REQUIRED)];

fn peer_authentication(spec: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": spec,
    })
}

/// This mode for the workload; whoever may connect at all is allowed.
fn mode(mode: &str) -> Value {
    let spec = json!({"mtls": {"mode": mode}});
    resources([peer_authentication(spec), policy("ALLOW", json!([{}]))])
}

/// This mode for the workload, and that one for the port.
fn mode_of_port(base: &str, port: u16, mode: &str) -> Value {
    let spec = json!({
        "selector": {"matchLabels": {"app": "orders"}},
        "mtls": {"mode": base},
        "portLevelMtls": {port.to_string(): {"mode": mode}},
    });
    resources([peer_authentication(spec), policy("ALLOW", json!([{}]))])
}

#[tokio::test]
async fn the_mode_of_the_port_or_else_of_the_workload_says_whether_plaintext_may_connect() {
    let rows: &[Row] = &[
        (
            "no mode",
            |_| resources([policy("ALLOW", json!([{}]))]),
            MTLS_PASSES,
        ),
        ("STRICT", |_| mode("STRICT"), MTLS_PASSES),
        ("PERMISSIVE", |_| mode("PERMISSIVE"), BOTH_PASS),
        ("DISABLE", |_| mode("DISABLE"), BOTH_PASS),
        ("UNSET", |_| mode("UNSET"), MTLS_PASSES),
        (
            "STRICT on a permissive workload",
            |port| mode_of_port("PERMISSIVE", port, "STRICT"),
            MTLS_PASSES,
        ),
        (
            "PERMISSIVE on a strict workload",
            |port| mode_of_port("STRICT", port, "PERMISSIVE"),
            BOTH_PASS,
        ),
        (
            "DISABLE on a strict workload",
            |port| mode_of_port("STRICT", port, "DISABLE"),
            BOTH_PASS,
        ),
        (
            "UNSET on a permissive workload",
            |port| mode_of_port("PERMISSIVE", port, "UNSET"),
            BOTH_PASS,
        ),
        (
            "PERMISSIVE on another port",
            |port| mode_of_port("STRICT", port ^ 1, "PERMISSIVE"),
            MTLS_PASSES,
        ),
        (
            "PERMISSIVE, with an ALLOW rule on identities: a peer in plaintext has none",
            |_| {
                let spec = json!({"mtls": {"mode": "PERMISSIVE"}});
                let anybody = json!([{"from": [{"source": {"principals": ["*"]}}]}]);
                resources([peer_authentication(spec), policy("ALLOW", anybody)])
            },
            &[(Peer::Mtls(FRONTEND), ALLOWED), (Peer::Plaintext, NOT_ALLOWED)],
        ),
    ];
    assert_verdicts("tcp-modes", rows).await;
}
