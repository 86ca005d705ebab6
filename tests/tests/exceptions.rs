//! E-7 on a real Envoy: an exception ends by the machine's clock.

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use time::{Duration, OffsetDateTime};

fn policy(name: &str, more: Value) -> Value {
    let mut spec = json!({"rules": [{"from": [{"source": {"principals": ["*"]}}]}]});
    for (field, value) in more.as_object().unwrap() {
        spec[field] = value.clone();
    }
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": spec,
    })
}

/// The status and the cause of a request that is denied but for an exception until this time.
async fn judged(name: &str, until: &str) -> (u16, String) {
    let exception = json!({"until": until, "lifts": ["shop/closed"]});
    let configuration = json!({"resources": [
        policy("closed", json!({"action": "DENY"})),
        policy("break-glass", json!({"exception": exception})),
    ]});
    let guarded = Guarded::start(name, &configuration).await.unwrap();
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    let response = connection.send(&HttpRequest::new("GET", "/")).await.unwrap();
    let log = guarded.access_log(1).await.unwrap();
    (response.status, log[0]["cause"].as_str().unwrap().to_owned())
}

fn hours_from_now(hours: i64) -> String {
    let time = OffsetDateTime::now_utc() + Duration::hours(hours);
    let (hour, minute, second) = time.time().as_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", time.date())
}

#[tokio::test]
async fn an_exception_that_lasts_lifts_the_denial() {
    let expected = (200, "matched-exception".to_owned());
    assert_eq!(judged("exception-long", "2999-01-01T00:00:00Z").await, expected);
    assert_eq!(judged("exception-hour", &hours_from_now(1)).await, expected);
}

#[tokio::test]
async fn an_exception_that_is_over_lifts_nothing() {
    let expected = (403, "matched-deny".to_owned());
    assert_eq!(judged("exception-over", "2000-01-01T00:00:00Z").await, expected);
    assert_eq!(judged("exception-hour-ago", &hours_from_now(-1)).await, expected);
}
