//! What can be seen of a decision: metrics with labels, the access log, response code details, the audit line.

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};

fn authorization_policy(name: &str, action: &str, methods: &[&str]) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": [{"to": [{"operation": {"methods": methods}}]}]},
    })
}

/// GET is allowed, DELETE denied by a rule, everything else by default.
async fn guarded(name: &str) -> Guarded {
    let resources = [
        authorization_policy("orders", "ALLOW", &["GET", "DELETE"]),
        authorization_policy("keep", "DENY", &["DELETE"]),
    ];
    Guarded::start(name, &json!({"resources": resources}))
        .await
        .unwrap()
}

async fn send(guarded: &Guarded, method: &str) -> HttpResponse {
    let request = HttpRequest::new(method, "/orders/1?card=4111").with_header("x-secret", "hidden");
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection.send(&request).await.unwrap()
}

/// Sends one request after the other; the statuses of the answers.
async fn statuses(guarded: &Guarded, methods: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for method in methods {
        statuses.push(send(guarded, method).await.status);
    }
    statuses
}

#[tokio::test]
async fn a_denied_request_is_answered_with_403_and_a_body_that_gives_nothing_away() {
    let guarded = guarded("denied-body").await;
    let response = send(&guarded, "DELETE").await;
    assert_eq!(
        (response.status, response.body_text()),
        (403, "RBAC: access denied".to_owned())
    );
    assert_eq!(guarded.application.arrivals(), 0);
}

#[tokio::test]
async fn prometheus_shows_decision_cause_and_policy_as_labels() {
    let guarded = guarded("prometheus").await;
    let answers = statuses(&guarded, &["GET", "DELETE", "POST", "POST"]).await;
    assert_eq!(answers, [200, 403, 403, 403]);
    let metrics = guarded.envoy.prometheus().await.unwrap();
    for line in [
        r#"spiffe_authz_requests_total{decision="allow",cause="matched-allow",policy="shop/orders"} 1"#,
        r#"spiffe_authz_requests_total{decision="deny",cause="matched-deny",policy="shop/keep"} 1"#,
        r#"spiffe_authz_requests_total{decision="deny",cause="no-matching-allow",policy=""} 2"#,
        r#"spiffe_authz_requests_total{decision="deny",cause="mtls-required",policy=""} 0"#,
        "spiffe_authz_policies_loaded{} 2",
    ] {
        assert!(
            metrics.contains(line),
            "{line} is not in\n{}",
            of_the_filter(&metrics)
        );
    }
}

/// An AUDIT policy, and a dry run that would deny, on top of an open workload of profile istio.
async fn watched(name: &str) -> Guarded {
    let mut dry_run = authorization_policy("freeze", "DENY", &["GET"]);
    dry_run["metadata"]["annotations"] = json!({"istio.io/dry-run": "true"});
    let resources = [authorization_policy("note", "AUDIT", &["GET"]), dry_run];
    Guarded::start(name, &json!({"profile": "istio", "resources": resources}))
        .await
        .unwrap()
}

#[tokio::test]
async fn policies_that_only_watch_are_counted_and_change_nothing() {
    let guarded = watched("watched").await;
    assert_eq!(statuses(&guarded, &["GET", "GET", "POST"]).await, [200, 200, 200]);
    let metrics = guarded.envoy.prometheus().await.unwrap();
    for line in [
        r#"spiffe_authz_audited_total{policy="shop/note"} 2"#,
        r#"spiffe_authz_dry_run_total{policy="shop/freeze",result="would-deny"} 2"#,
        r#"spiffe_authz_shadow_total{result="denied",action="deny"} 2"#,
        r#"spiffe_authz_shadow_total{result="allowed",action="deny"} 1"#,
        "spiffe_authz_dry_run_policies_loaded{} 1",
    ] {
        assert!(
            metrics.contains(line),
            "{line} is not in\n{}",
            of_the_filter(&metrics)
        );
    }
}

fn of_the_filter(metrics: &str) -> String {
    metrics
        .lines()
        .filter(|line| line.contains("spiffe_authz"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn the_access_log_shows_decision_cause_policy_rule_and_details() {
    let guarded = guarded("access-log").await;
    assert_eq!(statuses(&guarded, &["GET", "DELETE"]).await, [200, 403]);
    let lines = guarded.access_log(2).await.unwrap();
    let shown = |line: &Value| {
        [
            "decision",
            "cause",
            "policy",
            "rule",
            "peer_uri_san",
            "response_code_details",
        ]
        .map(|key| line[key].clone())
    };
    let allowed = [
        "allow",
        "matched-allow",
        "shop/orders",
        "0",
        FRONTEND,
        "via_upstream",
    ];
    assert_eq!(shown(&lines[0]), allowed.map(Value::from));
    let details = "rbac_access_denied_matched_policy[ns[shop]-policy[keep]-rule[0]]";
    let denied = ["deny", "matched-deny", "shop/keep", "0", FRONTEND, details];
    assert_eq!(shown(&lines[1]), denied.map(Value::from));
}

#[tokio::test]
async fn a_denial_is_one_line_of_json_without_query_and_header_values() {
    let guarded = guarded("audit-line").await;
    assert_eq!(statuses(&guarded, &["DELETE"]).await, [403]);
    let log = guarded.envoy.log().unwrap();
    let audit: Vec<&str> = log
        .lines()
        .filter_map(|line| line.find(r#"{"event""#).map(|at| &line[at..]))
        .collect();
    let [line] = audit.as_slice() else {
        panic!("{audit:?}")
    };
    let line: Value = serde_json::from_str(line).expect("JSON");
    let expected = json!({
        "event": "request-denied", "decision": "deny", "cause": "matched-deny", "policy": "shop/keep", "rule": 0,
        "profile": "zero-trust", "workload_namespace": "shop", "peer": FRONTEND, "mtls": true, "method": "DELETE",
        "host": guarded.inbound().to_string(), "path": "/orders/1", "destination_port": guarded.inbound().port(),
        "protocol": "http",
    });
    assert_eq!(line, expected);
    assert!(!log.contains("hidden") && !log.contains("4111"), "{log}");
}
