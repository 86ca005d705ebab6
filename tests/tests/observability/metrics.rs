//! The counters and the histogram, as `/stats/prometheus` shows them.

use serde_json::json;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};

use crate::common::{assert_shown, authorization_policy, guarded, statuses};

#[tokio::test]
async fn prometheus_shows_decision_cause_and_policy_as_labels() {
    let guarded = guarded("prometheus").await;
    let answers = statuses(&guarded, &["GET", "DELETE", "POST", "POST"]).await;
    assert_eq!(answers, [200, 403, 403, 403]);
    let metrics = guarded.envoy.prometheus().await.unwrap();
    assert_shown(
        &metrics,
        &[
            r#"spiffe_authz_requests_total{decision="allow",cause="matched-allow",policy="shop/orders",mtls="mutual"} 1"#,
            r#"spiffe_authz_requests_total{decision="deny",cause="matched-deny",policy="shop/keep",mtls="mutual"} 1"#,
            r#"spiffe_authz_requests_total{decision="deny",cause="no-matching-allow",policy="",mtls="mutual"} 2"#,
            r#"spiffe_authz_requests_total{decision="deny",cause="mtls-required",policy="",mtls="plaintext"} 0"#,
            "spiffe_authz_policies_loaded{} 2",
        ],
    );
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
    assert_shown(
        &metrics,
        &[
            r#"spiffe_authz_audited_total{policy="shop/note"} 2"#,
            r#"spiffe_authz_dry_run_total{policy="shop/freeze",result="would-deny"} 2"#,
            r#"spiffe_authz_shadow_total{result="denied",action="deny"} 2"#,
            r#"spiffe_authz_shadow_total{result="allowed",action="deny"} 1"#,
            "spiffe_authz_dry_run_policies_loaded{} 1",
        ],
    );
}

#[tokio::test]
async fn who_comes_without_mtls_is_counted_by_port_and_by_whether_it_spoke_tls() {
    let policies = [
        authorization_policy("orders", "ALLOW", &["GET"]),
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": {"name": "base", "namespace": "shop"}, "spec": {"mtls": {"mode": "PERMISSIVE"}},
        }),
    ];
    let guarded = Guarded::start("without-mtls", &json!({"resources": policies}))
        .await
        .unwrap();
    for (method, status) in [("GET", 200), ("GET", 200), ("PUT", 403)] {
        let mut plaintext = guarded.connect_over(None).await.unwrap();
        let request = HttpRequest::new(method, "/orders/1");
        assert_eq!(plaintext.send(&request).await.unwrap().status, status);
    }
    assert_eq!(statuses(&guarded, &["GET"]).await, [200]);
    let metrics = guarded.envoy.prometheus().await.unwrap();
    let port = guarded.inbound().port();
    let line = |decision: &str, count: u64| {
        format!(
            r#"spiffe_authz_without_mtls_total{{decision="{decision}",mtls="plaintext",port="{port}"}} {count}"#
        )
    };
    assert_shown(
        &metrics,
        &[
            &line("allow", 2),
            &line("deny", 1),
            r#"spiffe_authz_requests_total{decision="allow",cause="matched-allow",policy="shop/orders",mtls="plaintext"} 2"#,
            r#"spiffe_authz_requests_total{decision="allow",cause="matched-allow",policy="shop/orders",mtls="mutual"} 1"#,
        ],
    );
}

#[tokio::test]
async fn the_remaining_time_of_an_svid_counts_once_a_connection_in_the_buckets_of_the_bootstrap() {
    let guarded = guarded("svid-remaining").await;
    let request = "GET /orders/1 HTTP/1.1\r\nhost: orders\r\n";
    let three = [
        request,
        "\r\n",
        request,
        "\r\n",
        request,
        "connection: close\r\n\r\n",
    ]
    .concat();
    for _ in 0..2 {
        let mut connection = guarded.connect(FRONTEND).await.unwrap();
        connection.say(three.as_bytes()).await.unwrap();
        let answers = connection.ending().await.unwrap();
        let answers = String::from_utf8_lossy(&answers);
        assert_eq!(answers.matches("HTTP/1.1 200").count(), 3, "{answers}");
    }
    let metrics = guarded
        .envoy
        .wait_for_line("spiffe_authz_peer_svid_remaining_seconds_count{} 2")
        .await
        .unwrap();
    assert_shown(
        &metrics,
        &[
            r#"spiffe_authz_peer_svid_remaining_seconds_bucket{le="60"} 0"#,
            r#"spiffe_authz_peer_svid_remaining_seconds_bucket{le="+Inf"} 2"#,
            "spiffe_authz_peer_svid_remaining_seconds_count{} 2",
        ],
    );
}
