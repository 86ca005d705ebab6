//! The audit line against its JSON Schema, with lines of a real Envoy.

use jsonschema::Validator;
use serde_json::{Value, json};
use spiffe_authz_analysis::observed::Line;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::echo::Echo;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use spiffe_authz_tests::workspace;

use crate::common::authorization_policy;

fn schema() -> Validator {
    let path = workspace::root().join("docs/schema/audit-line.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// The audit lines of an Envoy's log.
pub fn audit_lines(log: &str) -> Vec<Value> {
    log.lines()
        .filter_map(|line| line.find(r#"{"event""#).map(|at| &line[at..]))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn assert_valid(lines: &[Value]) {
    let schema = schema();
    for line in lines {
        let problems: Vec<_> = schema
            .iter_errors(line)
            .map(|problem| problem.to_string())
            .collect();
        assert_eq!(problems, [""; 0], "{line}");
    }
}

/// The command reads them, too.
fn assert_observed(log: &str, lines: usize) {
    let read = log.lines().map(|line| Line::read(line.as_bytes()).unwrap());
    assert_eq!(read.filter_map(Line::observation).count(), lines);
}

fn events(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

/// GET is allowed with a line for each, DELETE denied, PUT marked, and a dry run would deny PATCH; plaintext may come.
fn configuration() -> Value {
    let mut dry_run = authorization_policy("freeze", "DENY", &["PATCH"]);
    dry_run["metadata"]["annotations"] = json!({"istio.io/dry-run": "true"});
    let mut orders = authorization_policy("orders", "ALLOW", &["GET", "PUT", "PATCH"]);
    orders["spec"]["rules"][0]["to"][0]["operation"]["paths"] = json!(["/orders/*"]);
    let resources = [
        orders,
        authorization_policy("keep", "DENY", &["DELETE"]),
        authorization_policy("note", "AUDIT", &["PUT"]),
        dry_run,
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "base", "namespace": "shop"}, "spec": {"mtls": {"mode": "PERMISSIVE"}},
        }),
    ];
    json!({"resources": resources, "audit": {"allowedOneIn": 1}})
}

#[tokio::test]
async fn the_lines_of_requests_of_every_kind_are_valid() {
    let guarded = Guarded::start("audit-schema", &configuration()).await.unwrap();
    for (method, path) in [
        ("GET", "/orders/1?x=1"),
        ("PUT", "/orders/1"),
        ("PATCH", "/orders/1"),
        ("DELETE", "/orders/1"),
        ("GET", "/orders/%252F"),
    ] {
        let mut connection = guarded.connect(FRONTEND).await.unwrap();
        connection.send(&HttpRequest::new(method, path)).await.unwrap();
    }
    let mut plaintext = guarded.connect_over(None).await.unwrap();
    plaintext
        .send(&HttpRequest::new("DELETE", "/orders/1"))
        .await
        .unwrap();
    let log = guarded.envoy.log().unwrap();
    let lines = audit_lines(&log);
    assert_observed(&log, lines.len());
    assert_eq!(
        events(&lines),
        [
            "request-allowed",
            "request-observed",
            "request-observed",
            "request-denied",
            "request-denied",
            "request-denied"
        ]
    );
    assert_eq!(
        (&lines[0]["one_in"], &lines[5]["mtls"]),
        (&json!(1), &json!(false))
    );
    assert_valid(&lines);
}

#[tokio::test]
async fn the_lines_of_connections_are_valid() {
    let policy = |name: &str, action: &str, principal: &str| {
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {"action": action, "rules": [{"from": [{"source": {"principals": [principal]}}]}]},
        })
    };
    let resources = [
        policy("orders", "ALLOW", "*"),
        policy("keep", "DENY", "cluster.local/ns/shop/sa/stranger"),
    ];
    let configuration = json!({"resources": resources, "audit": {"allowedOneIn": 1}});
    let guarded = GuardedTcp::start("audit-schema-tcp", &configuration, Echo::start().await.unwrap())
        .await
        .unwrap();
    for spiffe_id in [FRONTEND, "spiffe://cluster.local/ns/shop/sa/stranger"] {
        let mut connection = guarded.connect(spiffe_id).await.unwrap();
        let _ = connection.exchange(b"bytes").await;
    }
    let log = guarded.envoy.log().unwrap();
    let lines = audit_lines(&log);
    assert_observed(&log, lines.len());
    assert_eq!(events(&lines), ["connection-allowed", "connection-denied"]);
    assert_valid(&lines);
}

#[test]
fn a_line_that_says_more_than_it_may_is_invalid() {
    let good = json!({
        "event": "request-denied", "decision": "deny", "cause": "no-matching-allow", "policy": null, "rule": null,
        "profile": "zero-trust", "workload_namespace": "shop", "peer": null, "mtls": false, "method": "GET",
        "host": "orders", "path": "/orders/1", "destination_port": 8080, "protocol": "http",
    });
    let schema = schema();
    assert!(schema.is_valid(&good));
    for (field, value) in [
        ("path", json!("/orders/1?token=1")),
        ("path", json!("/orders/1#a")),
        ("decision", json!("allow")),
        ("event", json!("request-allowed")),
        ("protocol", json!("tcp")),
        ("one_in", json!(0)),
        ("peer", json!("\u{1b}[31m")),
        ("policy", json!("orders")),
    ] {
        let mut line = good.clone();
        line[field] = value;
        assert!(!schema.is_valid(&line), "{line}");
    }
}
