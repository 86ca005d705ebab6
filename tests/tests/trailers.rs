//! Trailers on a real Envoy: one with the name of a header that policies read ends the request.

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::guarded::Guarded;

/// Anyone may do anything whose `x-role` is not `guest`.
fn configuration() -> Value {
    let resource = |kind: &str, spec: Value| {
        json!({
            "apiVersion": "security.istio.io/v1",
            "kind": kind,
            "metadata": {"name": "orders", "namespace": "shop"},
            "spec": spec,
        })
    };
    let not_guest = json!({"key": "request.headers[x-role]", "notValues": ["guest"]});
    json!({"resources": [
        resource("PeerAuthentication", json!({"mtls": {"mode": "PERMISSIVE"}})),
        resource("AuthorizationPolicy", json!({"rules": [{"when": [not_guest]}]})),
    ]})
}

/// Lets the guarded listener take trailers over HTTP/1.1, which Envoy drops unless it is told to keep them.
fn take_trailers(document: &mut Value) {
    match document {
        Value::Object(fields) => {
            if fields.contains_key("path_with_escaped_slashes_action") {
                fields.insert(
                    "http_protocol_options".to_owned(),
                    json!({"enable_trailers": true}),
                );
            }
            fields.values_mut().for_each(take_trailers);
        }
        Value::Array(elements) => elements.iter_mut().for_each(take_trailers),
        _ => {}
    }
}

/// A request with a body in one chunk and this trailer.
fn request(trailer: &str) -> Vec<u8> {
    let head = "POST / HTTP/1.1\r\nhost: orders.shop\r\nx-role: user\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    format!("{head}1\r\nx\r\n0\r\n{trailer}: guest\r\n\r\n").into_bytes()
}

/// The first line of the answer.
async fn answer(guarded: &Guarded, trailer: &str) -> String {
    let mut connection = guarded.connect_over(None).await.unwrap();
    let answer = connection.exchange(&request(trailer)).await.unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_trailer_with_the_name_of_a_header_that_policies_read_ends_the_request() {
    let change = |bootstrap: &mut Value, _: &mut Value| take_trailers(bootstrap);
    let guarded = Guarded::start_changed("trailers", &configuration(), change)
        .await
        .unwrap();
    for (trailer, expected) in [
        ("x-checksum", "HTTP/1.1 200 OK"),
        ("x-role", "HTTP/1.1 403 Forbidden"),
        ("X-Role", "HTTP/1.1 403 Forbidden"),
        ("x-roles", "HTTP/1.1 200 OK"),
    ] {
        assert_eq!(answer(&guarded, trailer).await, expected, "{trailer}");
    }
    let lines = guarded.access_log(4).await.unwrap();
    let mut causes: Vec<&str> = lines.iter().filter_map(|line| line["cause"].as_str()).collect();
    causes.sort_unstable();
    assert_eq!(
        causes,
        [
            "matched-allow",
            "matched-allow",
            "trailer-in-policy",
            "trailer-in-policy"
        ]
    );
}
