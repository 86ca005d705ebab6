//! E-8 on a real Envoy: what a client gets when a DENY policy with a response decides.

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::http_response::HttpResponse;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};

/// A DENY policy for each path, and an ALLOW policy for all.
fn policies() -> Value {
    let policy = |name: &str, action: &str, more: Value| {
        let mut spec =
            json!({"action": action, "rules": [{"to": [{"operation": {"paths": [format!("/{name}*")]}}]}]});
        for (field, value) in more.as_object().unwrap() {
            spec[field] = value.clone();
        }
        json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": spec,
        })
    };
    let deny = |name: &str, response: Value| policy(name, "DENY", json!({"denyResponse": response}));
    json!({"resources": [
        policy("all", "ALLOW", json!({"rules": [{}]})),
        policy("usual", "DENY", json!({})),
        deny("json", json!({
            "status": 404,
            "headers": {"x-help": "https://wiki.shop/denied", "x-team": "shop"},
            "json": {"error": "not found"},
            "grpcStatus": 5,
        })),
        deny("text", json!({"status": 451, "text": "not here\n"})),
        deny("typed", json!({"text": "<p>no</p>", "contentType": "text/html"})),
        deny("status", json!({"status": 503})),
        deny("grpc", json!({"grpcStatus": 16})),
    ]})
}

async fn send(guarded: &Guarded, path: &str, content_type: &str) -> HttpResponse {
    let request = HttpRequest::new("POST", path).with_header("content-type", content_type);
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection.send(&request).await.unwrap()
}

fn text<'r>(response: &'r HttpResponse, name: &str) -> Option<&'r str> {
    response
        .header(name)
        .map(|value| std::str::from_utf8(value).unwrap())
}

#[tokio::test]
async fn a_denied_request_gets_the_status_and_the_body_that_the_policy_says() {
    let guarded = Guarded::start("deny-response", &policies()).await.unwrap();
    let table = [
        ("/usual", 403, "RBAC: access denied", "text/plain"),
        ("/json", 404, r#"{"error":"not found"}"#, "application/json"),
        ("/text", 451, "not here\n", "text/plain"),
        ("/typed", 403, "<p>no</p>", "text/html"),
        ("/status", 503, "RBAC: access denied", "text/plain"),
        ("/grpc", 403, "RBAC: access denied", "text/plain"),
    ];
    for (path, status, body, content_type) in table {
        let response = send(&guarded, path, "text/plain").await;
        assert_eq!(
            (response.status, response.body_text()),
            (status, body.to_owned()),
            "{path}"
        );
        assert_eq!(text(&response, "content-type"), Some(content_type), "{path}");
        let types = response.headers.iter().filter(|(name, _)| name == "content-type");
        assert_eq!(types.count(), 1, "{path}");
    }
    assert_eq!(guarded.application.arrivals(), 0);
}

#[tokio::test]
async fn a_denied_request_gets_the_headers_that_the_policy_says() {
    let guarded = Guarded::start("deny-headers", &policies()).await.unwrap();
    let response = send(&guarded, "/json", "text/plain").await;
    assert_eq!(text(&response, "x-help"), Some("https://wiki.shop/denied"));
    assert_eq!(text(&response, "x-team"), Some("shop"));
    let allowed = send(&guarded, "/open", "text/plain").await;
    assert_eq!((allowed.status, text(&allowed, "x-help")), (200, None));
}

#[tokio::test]
async fn a_denied_grpc_request_gets_the_status_of_grpc_and_the_body_as_its_message() {
    let guarded = Guarded::start("deny-grpc", &policies()).await.unwrap();
    let table = [
        ("/usual", "7", "RBAC: access denied"),
        ("/json", "5", r#"{"error":"not found"}"#),
        ("/grpc", "16", "RBAC: access denied"),
    ];
    for (path, status, message) in table {
        let response = send(&guarded, path, "application/grpc").await;
        assert_eq!(
            (response.status, text(&response, "grpc-status")),
            (200, Some(status)),
            "{path}"
        );
        assert_eq!(text(&response, "grpc-message"), Some(message), "{path}");
    }
}

#[tokio::test]
async fn the_log_names_the_policy_whatever_the_response() {
    let guarded = Guarded::start("deny-log", &policies()).await.unwrap();
    send(&guarded, "/json", "text/plain").await;
    let log = guarded.access_log(1).await.unwrap();
    assert_eq!(
        (&log[0]["cause"], &log[0]["policy"]),
        (&json!("matched-deny"), &json!("shop/json"))
    );
    assert_eq!(log[0]["response_code"], 404);
    let details = "rbac_access_denied_matched_policy[ns[shop]-policy[json]-rule[0]]";
    assert_eq!(log[0]["response_code_details"], details);
}
