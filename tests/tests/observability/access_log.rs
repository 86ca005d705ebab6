//! The access log of the rendered sidecars.

use serde_json::Value;
use spiffe_authz_tests::envoy::guarded::FRONTEND;

use crate::common::{guarded, statuses};

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
