//! Bytes that are no text, in the headers of requests: the same verdict as without, and a filter that goes on.

use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;

const REQUESTS: usize = 1000;
const FAULTS: [&str; 4] = [
    "[critical]",
    "vm_failed",
    "fault:",
    "Proxy-Wasm plugin in-VM backtrace",
];

const HOSTILE_NAMES: [&[u8]; 6] = [b"x-\xff", b"\xc3\x28", b"\x80", b"x y", b"", b"x\x7f"];

/// Every byte that a header value may hold, from another place on for each request.
fn hostile_value(number: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0x80..=0xff).chain([b'\t', b' ', b'"', b'\\']).collect();
    let length = bytes.len();
    bytes.rotate_left(number % length);
    [b"x".as_slice(), &bytes, b"x"].concat()
}

async fn status(guarded: &Guarded, request: &HttpRequest) -> u16 {
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection.send(request).await.unwrap().status
}

/// As [`status`], from a peer in plaintext: what Envoy itself refuses needs no identity.
async fn status_in_plaintext(guarded: &Guarded, request: &HttpRequest) -> u16 {
    let mut connection = guarded.connect_over(None).await.unwrap();
    connection.send(request).await.unwrap().status
}

fn assert_alive(guarded: &Guarded) {
    let log = guarded.envoy.log().unwrap();
    for fault in FAULTS {
        assert!(!log.contains(fault), "the log has `{fault}`:\n{log}");
    }
}

#[tokio::test]
async fn values_that_are_no_text_change_no_verdict() {
    let guarded = Guarded::start("hostile-values", &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    for number in 0..REQUESTS {
        let (path, expected) = [("/orders", 200), ("/admin", 403)][number % 2];
        let request = HttpRequest::new("GET", path)
            .with_header("connection", "keep-alive")
            .with_header("x-role", hostile_value(number))
            .with_header("x-role", b"\xff".as_slice())
            .with_header("cookie", b"\xc3\x28".as_slice());
        let found = connection.send(&request).await.unwrap().status;
        assert_eq!(found, expected, "request {number} to {path}");
    }
    assert_eq!(status(&guarded, &HttpRequest::new("GET", "/orders")).await, 200);
    assert_eq!(guarded.application.arrivals(), REQUESTS / 2 + 1);
    assert_alive(&guarded);
}

#[tokio::test]
async fn names_that_are_no_text_never_reach_the_application_and_harm_nobody() {
    let guarded = Guarded::start("hostile-names", &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    for number in 0..REQUESTS {
        let name = HOSTILE_NAMES[number % HOSTILE_NAMES.len()];
        // A line of its own, because a name of the client is text.
        let line = [b"1\r\n".as_slice(), name, b": 1"].concat();
        let request = HttpRequest::new("GET", "/orders").with_header("x-role", line);
        assert_eq!(
            status_in_plaintext(&guarded, &request).await,
            400,
            "the name {}",
            name.escape_ascii()
        );
    }
    assert_eq!(guarded.application.arrivals(), 0);
    assert_eq!(status(&guarded, &HttpRequest::new("GET", "/orders")).await, 200);
    assert_alive(&guarded);
}

#[tokio::test]
async fn empty_and_missing_headers_change_no_verdict() {
    let guarded = Guarded::start("hostile-empty", &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    let empty = HttpRequest::new("GET", "/orders")
        .with_header("x-empty", "")
        .with_header("cookie", "");
    let without_agent = HttpRequest::new("GET", "/orders");
    assert_eq!(status(&guarded, &empty).await, 200);
    assert_eq!(status(&guarded, &without_agent).await, 200);
    assert_alive(&guarded);
}
