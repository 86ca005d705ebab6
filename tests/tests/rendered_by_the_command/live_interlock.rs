//! The rendered EnvoyFilter at work: an Envoy whose chains are patched as Istio patches them.

use serde_json::Value;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_envoy_config::wasm_filter;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::identities::Validator;
use spiffe_authz_tests::policies::allow_get;

use crate::{Site, istio_patches};

const SOMEBODY_ELSE: &str = "spiffe://cluster.local/ns/shop/sa/payments";

/// `frontend` may GET /orders, by an Envoy whose bootstrap is first changed so.
async fn start(name: &str, change: impl FnOnce(&mut Value)) -> Guarded {
    let configuration = allow_get(FRONTEND, &["/orders"]);
    Guarded::start_changed(name, &configuration, |bootstrap, _| change(bootstrap))
        .await
        .unwrap()
}

fn envoy_filter(name: &str) -> Value {
    let site = Site::new(name, "zero-trust", "PERMISSIVE", Validator::Default);
    istio_patches::rendered(&site.configuration)
}

/// As before a WasmPlugin has reached the proxy.
fn without_the_filter(bootstrap: &mut Value) {
    for filters in istio_patches::http_filters(bootstrap) {
        filters.retain(|filter| filter["name"] != wasm_filter::NAME);
    }
}

async fn status(guarded: &Guarded, spiffe_id: &str, path: &str) -> u16 {
    let mut connection = guarded.connect(spiffe_id).await.unwrap();
    let response = connection.send(&HttpRequest::new("GET", path)).await.unwrap();
    response.status
}

#[tokio::test]
async fn with_the_patches_the_filter_decides() {
    let patches = envoy_filter("live-decides");
    let guarded = start("patched-decides", |bootstrap| {
        *bootstrap = istio_patches::patched(bootstrap.take(), &patches);
    })
    .await;
    assert_eq!(status(&guarded, FRONTEND, "/orders").await, 200);
    assert_eq!(status(&guarded, FRONTEND, "/invoices").await, 403);
    assert_eq!(status(&guarded, SOMEBODY_ELSE, "/orders").await, 403);
    assert_eq!(guarded.application.arrivals(), 1);
}

#[tokio::test]
async fn with_the_patches_and_without_the_filter_nothing_reaches_the_application() {
    let patches = envoy_filter("live-refuses");
    let guarded = start("patched-refuses", |bootstrap| {
        *bootstrap = istio_patches::patched(bootstrap.take(), &patches);
        without_the_filter(bootstrap);
    })
    .await;
    assert_eq!(status(&guarded, FRONTEND, "/orders").await, 403);
    assert_eq!(guarded.application.arrivals(), 0);
}

#[tokio::test]
async fn it_is_the_patches_that_refuse() {
    let guarded = start("unpatched", |bootstrap| {
        *bootstrap = istio_patches::unpatched(bootstrap.take());
        without_the_filter(bootstrap);
    })
    .await;
    assert_eq!(status(&guarded, FRONTEND, "/orders").await, 200);
}
