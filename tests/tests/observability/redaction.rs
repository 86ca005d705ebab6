//! What must be seen nowhere: secrets in each place of a request.

use serde_json::json;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};

use crate::common::authorization_policy;

/// In every secret, and nowhere else.
const SECRET: &str = "4f9d0c";

/// Headers in which people send secrets, one of another name, and those that logs like to show.
const HEADERS: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-anything",
    "user-agent",
    "referer",
    "x-forwarded-for",
];

/// Paths with a secret behind the part that may be shown: allowed, denied by a rule, by default and for their form.
const PATHS: [(&str, &str); 5] = [
    ("GET", "/orders/1?token="),
    ("GET", "/orders/1?a=b&a="),
    ("DELETE", "/orders/1?token="),
    ("POST", "/orders/1?token="),
    ("GET", "/orders/%252F?token="),
];

/// GET is allowed, with a line for each; DELETE denied by a rule, everything else by default; and a rule that reads headers.
async fn guarded(name: &str) -> Guarded {
    let mut note = authorization_policy("note", "AUDIT", &["GET"]);
    let header = |name: &str| json!({"key": format!("request.headers[{name}]"), "values": ["*"]});
    note["spec"]["rules"][0]["when"] = json!([header("x-api-key"), header("authorization")]);
    let mut orders = authorization_policy("orders", "ALLOW", &["GET", "DELETE"]);
    orders["spec"]["rules"][0]["to"][0]["operation"]["paths"] = json!(["/orders/*"]);
    let resources = [orders, authorization_policy("keep", "DENY", &["DELETE"]), note];
    let configuration = json!({"resources": resources, "audit": {"allowedOneIn": 1}});
    Guarded::start(name, &configuration).await.unwrap()
}

fn request(method: &str, path: &str) -> HttpRequest {
    let request = HttpRequest::new(method, &format!("{path}{SECRET}")).with_body(format!("card={SECRET}"));
    HEADERS.into_iter().fold(request, |request, name| {
        request.with_header(name, format!("Bearer {SECRET}"))
    })
}

/// Sends one request; the status of its answer, which gives nothing away where it is the proxy's own.
async fn status(guarded: &Guarded, method: &str, path: &str) -> u16 {
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    let response = connection.send(&request(method, path)).await.unwrap();
    let answer = format!("{:?} {}", response.headers, response.body_text());
    assert!(response.status == 200 || !answer.contains(SECRET), "{answer}");
    response.status
}

fn assert_no_secret(name: &str, text: &str) {
    let line = text.lines().find(|line| line.contains(SECRET));
    assert_eq!(line, None, "{name}");
}

#[tokio::test]
async fn secrets_of_a_request_are_in_no_line_no_log_no_metric_and_no_answer() {
    let guarded = guarded("redaction").await;
    let mut statuses = Vec::new();
    for (method, path) in PATHS {
        statuses.push(status(&guarded, method, path).await);
    }
    assert_eq!(statuses, [200, 200, 403, 403, 403]);
    let lines = guarded.access_log(PATHS.len()).await.unwrap();
    assert_eq!(lines[0]["path"], "/orders/1");
    for line in &lines {
        assert_no_secret("access log", &line.to_string());
    }
    let log = guarded.envoy.log().unwrap();
    let audit_lines = log.lines().filter(|line| line.contains(r#"{"event""#));
    assert_eq!(audit_lines.count(), PATHS.len());
    assert_no_secret("log", &log);
    assert_no_secret("metrics", &guarded.envoy.prometheus().await.unwrap());
}

/// The access log has the path as it came then: docs/observability.md says so.
#[tokio::test]
async fn a_fragment_ends_at_the_proxy_and_is_in_no_log_of_ours() {
    let guarded = guarded("redaction-fragment").await;
    assert_eq!(status(&guarded, "GET", "/orders/1#").await, 400);
    assert_no_secret("log", &guarded.envoy.log().unwrap());
    assert_no_secret("metrics", &guarded.envoy.prometheus().await.unwrap());
}
