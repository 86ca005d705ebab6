//! What can be seen of a connection that was denied: the access log, the audit line, the counter.

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::application::Application;
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use spiffe_authz_tests::envoy::mysql;

use crate::table::{OTHER, policy, resources};

fn everybody_but_other() -> Value {
    let other = json!([{"from": [{"source": {"principals": [OTHER]}}]}]);
    resources([policy("ALLOW", json!([{}])), policy("DENY", other)])
}

#[tokio::test]
async fn a_denied_connection_is_named_in_the_access_log_the_audit_line_and_the_counter() {
    let application = Application::start(mysql::Server).await.unwrap();
    let guarded = GuardedTcp::start("tcp-observed", &everybody_but_other(), application)
        .await
        .unwrap();
    let mut connection = guarded.connect(OTHER).await.unwrap();
    assert_eq!(connection.ending().await.unwrap(), b"");

    let log = guarded.access_log(1).await.unwrap();
    let keys = [
        "peer_uri_san",
        "decision",
        "cause",
        "policy",
        "rule",
        "bytes_received",
        "bytes_sent",
    ];
    let shown = keys.map(|key| log[0][key].clone());
    let expected = [
        json!(OTHER),
        json!("deny"),
        json!("matched-deny"),
        json!("shop/deny"),
        json!("0"),
        json!(0),
        json!(0),
    ];
    assert_eq!(shown, expected);
    let counter = r#"spiffe_authz_requests_total{decision="deny",cause="matched-deny",policy="shop/deny",mtls="mutual"} 1"#;
    assert!(guarded.envoy.prometheus().await.unwrap().contains(counter));
    assert_eq!(audit_lines(&guarded.envoy.log().unwrap()), [audit_line(&guarded)]);
}

fn audit_lines(log: &str) -> Vec<Value> {
    let lines = log
        .lines()
        .filter_map(|line| line.find(r#"{"event""#).map(|at| &line[at..]));
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn audit_line(guarded: &GuardedTcp<Application>) -> Value {
    json!({
        "event": "connection-denied", "decision": "deny", "cause": "matched-deny", "policy": "shop/deny", "rule": 0,
        "profile": "zero-trust", "workload_namespace": "shop", "peer": OTHER, "mtls": true, "method": null,
        "host": null, "path": null, "destination_port": guarded.inbound().port(), "protocol": "tcp",
    })
}
