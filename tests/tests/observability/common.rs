//! A guarded workload, and what is sent to it.

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};

pub fn authorization_policy(name: &str, action: &str, methods: &[&str]) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": [{"to": [{"operation": {"methods": methods}}]}]},
    })
}

/// GET is allowed, DELETE denied by a rule, everything else by default.
pub async fn guarded(name: &str) -> Guarded {
    let resources = [
        authorization_policy("orders", "ALLOW", &["GET", "DELETE"]),
        authorization_policy("keep", "DENY", &["DELETE"]),
    ];
    Guarded::start(name, &json!({"resources": resources}))
        .await
        .unwrap()
}

pub async fn send(guarded: &Guarded, method: &str) -> HttpResponse {
    let request = HttpRequest::new(method, "/orders/1?card=4111").with_header("x-secret", "hidden");
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection.send(&request).await.unwrap()
}

/// Sends one request after the other; the statuses of the answers.
pub async fn statuses(guarded: &Guarded, methods: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for method in methods {
        statuses.push(send(guarded, method).await.status);
    }
    statuses
}

/// Whether the metrics have each of these lines.
pub fn assert_shown(metrics: &str, lines: &[&str]) {
    for line in lines {
        assert!(
            metrics.lines().any(|shown| shown == *line),
            "{line} is not in\n{}",
            of_the_filter(metrics)
        );
    }
}

/// The samples whose name begins with ours.
pub fn of_the_filter(metrics: &str) -> String {
    metrics
        .lines()
        .filter(|line| line.contains("spiffe_authz"))
        .collect::<Vec<_>>()
        .join("\n")
}
