//! The audit line in the proxy's log.

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::guarded::FRONTEND;

use crate::common::{guarded, statuses};

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
