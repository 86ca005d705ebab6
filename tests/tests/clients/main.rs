//! The clients of `envoy-config/clients/` against a real Envoy: one is answered, one is denied, and none talks to somebody else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test panics")]

mod grpc_application;
mod script;

use serde_json::{Value, json};
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;
use spiffe_authz_tests::scratch::Scratch;

use grpc_application::GrpcApplication;
use script::{Answer, Script, Svid};

const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";
const PAYMENTS: &str = "spiffe://cluster.local/ns/shop/sa/payments";
const METHOD: &str = "/shop.Orders/Get";

/// What a client came back with: of an allowed path, of another path, of a server that is somebody else, and of a
/// server of another trust domain's authority.
struct Outcomes {
    allowed: Answer,
    denied: Answer,
    somebody_else: Answer,
    other_bundle: Answer,
}

async fn outcomes(script: Script, inbound: std::net::SocketAddr, svid: &Svid, paths: [&str; 2]) -> Outcomes {
    let [allowed, denied] = paths;
    Outcomes {
        allowed: script.ask(inbound, svid, ORDERS, allowed).await,
        denied: script.ask(inbound, svid, ORDERS, denied).await,
        somebody_else: script.ask(inbound, svid, PAYMENTS, allowed).await,
        other_bundle: script
            .ask(inbound, &svid.with_other_bundle(), ORDERS, allowed)
            .await,
    }
}

/// That an HTTP client's outcomes are right, where what it needs is there.
async fn holds_over_http(name: &str, script: Result<Script, String>) {
    let script = match script {
        Ok(script) => script,
        Err(missing) => return eprintln!("skipped: {name}: {missing}"),
    };
    let scratch = Scratch::new(&format!("clients-{name}-svid")).unwrap();
    let guarded = Guarded::start(&format!("clients-{name}"), &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    let svid = Svid::of(FRONTEND, &guarded.identities, scratch.path());
    let outcomes = outcomes(script, guarded.inbound(), &svid, ["/orders", "/invoices"]).await;

    assert_eq!(outcomes.allowed.first_line(), "200", "{:?}", outcomes.allowed);
    assert_eq!(outcomes.denied.first_line(), "403", "{:?}", outcomes.denied);
    assert!(outcomes.allowed.succeeded && outcomes.denied.succeeded);
    assert!(!outcomes.somebody_else.succeeded, "{:?}", outcomes.somebody_else);
    assert!(
        outcomes.somebody_else.errors.contains(ORDERS),
        "{:?}",
        outcomes.somebody_else
    );
    assert!(!outcomes.other_bundle.succeeded, "{:?}", outcomes.other_bundle);
    assert_eq!(guarded.application.arrivals(), 1);
}

#[tokio::test]
async fn curl_reaches_orders_and_nobody_in_its_place() {
    holds_over_http("curl", Script::curl()).await;
}

#[tokio::test]
async fn node_reaches_orders_and_nobody_in_its_place() {
    holds_over_http("node", Script::node()).await;
}

#[tokio::test]
async fn httpx_reaches_orders_and_nobody_in_its_place() {
    holds_over_http("httpx", Script::python("python_httpx.py")).await;
}

#[tokio::test]
async fn the_jdk_reaches_orders_and_nobody_in_its_place() {
    holds_over_http("java", Script::java()).await;
}

#[tokio::test]
async fn a_denied_grpc_call_ends_with_status_7_permission_denied() {
    let script = match Script::python("python_grpc.py") {
        Ok(script) => script,
        Err(missing) => return eprintln!("skipped: grpc: {missing}"),
    };
    let scratch = Scratch::new("clients-grpc-svid").unwrap();
    let application = GrpcApplication::start().await.unwrap();
    let address = application.address();
    let guarded = Guarded::start_changed("clients-grpc", &allow_method(), |bootstrap, _| {
        serve_by(bootstrap, address);
    })
    .await
    .unwrap();
    let svid = Svid::of(FRONTEND, &guarded.identities, scratch.path());
    let outcomes = outcomes(script, guarded.inbound(), &svid, [METHOD, "/shop.Orders/Delete"]).await;

    assert_eq!(outcomes.allowed.first_line(), "0 OK", "{:?}", outcomes.allowed);
    assert_eq!(
        outcomes.denied.first_line(),
        "7 PERMISSION_DENIED",
        "{:?}",
        outcomes.denied
    );
    assert_eq!(
        outcomes.somebody_else.first_line(),
        "14 UNAVAILABLE",
        "{:?}",
        outcomes.somebody_else
    );
    assert!(!outcomes.somebody_else.succeeded);
    assert_eq!(
        outcomes.other_bundle.first_line(),
        "14 UNAVAILABLE",
        "{:?}",
        outcomes.other_bundle
    );
    assert_eq!(application.calls(), 1);
}

fn allow_method() -> Value {
    json!({"resources": [{
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {"rules": [{
            "from": [{"source": {"principals": [FRONTEND]}}],
            "to": [{"operation": {"methods": ["POST"], "paths": [METHOD]}}],
        }]},
    }]})
}

/// Puts an application that speaks HTTP/2 behind Envoy.
fn serve_by(bootstrap: &mut Value, address: std::net::SocketAddr) {
    let clusters = bootstrap["static_resources"]["clusters"].as_array_mut().unwrap();
    let cluster = clusters
        .iter_mut()
        .find(|cluster| cluster["name"] == "application")
        .unwrap();
    let endpoint = &mut cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"];
    endpoint["address"]["socket_address"]["port_value"] = json!(address.port());
    cluster["typed_extension_protocol_options"] = json!({
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http2_protocol_options": {}},
        },
    });
}
