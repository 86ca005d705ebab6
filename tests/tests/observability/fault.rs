//! What is counted of a fault of the filter.

use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::faults::rewriting::{Act, Change, When, rewritten};
use spiffe_authz_tests::scratch::Scratch;
use spiffe_authz_tests::workspace;
use tokio::time::{sleep, timeout};

use crate::common::authorization_policy;

/// How long the filter may take to come back: Envoy waits about a second before it starts a VM anew.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// More headers than this, and the filter of this test ends.
const MOST_HEADERS: i32 = 40;

/// The filter, with a fault in it, in a folder of its own.
fn faulty_filter(scratch: &Scratch) -> String {
    let wasm = std::fs::read(workspace::filter_wasm().unwrap()).unwrap();
    let change = Change::Broken {
        callback: "proxy_on_request_headers",
        when: When::SecondArgumentOver(MOST_HEADERS),
        act: Act::Panic,
    };
    let path = scratch.path().join("faulty.wasm");
    std::fs::write(&path, rewritten(&wasm, change).unwrap()).unwrap();
    path.display().to_string()
}

/// Puts another module in the place of the filter.
fn use_module(document: &mut Value, path: &str) {
    let good = workspace::filter_wasm().unwrap().display().to_string();
    let text = document.to_string();
    assert!(text.contains(&good), "{text}");
    *document = serde_json::from_str(&text.replace(&good, path)).unwrap();
}

async fn status(guarded: &Guarded, headers: i32) -> u16 {
    let request = (0..headers).fold(HttpRequest::new("GET", "/orders/1"), |request, number| {
        request.with_header(&format!("x-{number}"), "1")
    });
    let mut connection = guarded.connect(FRONTEND).await.unwrap();
    connection.send(&request).await.unwrap().status
}

#[tokio::test]
async fn a_fault_raises_a_counter_that_the_alert_reads_and_the_filter_comes_back() {
    let scratch = Scratch::new("faulty-filter").unwrap();
    let module = faulty_filter(&scratch);
    let policies = json!({"resources": [authorization_policy("orders", "ALLOW", &["GET"])]});
    let guarded = Guarded::start_changed("fault", &policies, |_, document| use_module(document, &module))
        .await
        .unwrap();
    assert_eq!(status(&guarded, 1).await, 200);
    assert_eq!(status(&guarded, MOST_HEADERS + 1).await, 503);
    let comes_back = async {
        while status(&guarded, 1).await != 200 {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, comes_back).await.unwrap();
    guarded
        .envoy
        .wait_for_counter("vm_reload_success", 1)
        .await
        .unwrap();
}
