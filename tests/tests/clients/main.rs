//! The clients of `envoy-config/clients/` against a real Envoy: one is answered, one is denied, and none talks to somebody else.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test panics")]

mod grpc_application;
mod script;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::cluster;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;
use spiffe_authz_tests::scratch::Scratch;

use grpc_application::GrpcApplication;
use script::{Answer, Script, Svid};

const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";
const PAYMENTS: &str = "spiffe://cluster.local/ns/shop/sa/payments";
const METHOD: &str = "/shop.Orders/Get";

/// What the clients' exit statuses say.
const ANSWERED: Option<i32> = Some(0);
const NOBODY_ANSWERED: Option<i32> = Some(1);
const ANSWERED_WITH_AN_ERROR: Option<i32> = Some(3);

/// What a client came back with.
struct Outcomes {
    allowed: Answer,
    denied: Answer,
    /// From a server that is somebody else.
    somebody_else: Answer,
    /// From a server of another trust domain's authority.
    other_bundle: Answer,
    /// With a certificate that another authority issued.
    of_another_authority: Answer,
    /// With a certificate whose time is over.
    expired: Answer,
}

async fn outcomes(name: &str, script: Script, guarded: &Guarded, paths: [&str; 2]) -> Outcomes {
    let scratch = Scratch::new(&format!("clients-{name}-svid")).unwrap();
    let [allowed, denied] = paths;
    let (script, inbound) = (&script, guarded.inbound());
    let folder = |name: &str| scratch.path().join(name);
    let svid = Svid::of(FRONTEND, &guarded.identities, &folder("own"));
    let foreign = Svid::of_another_authority(FRONTEND, &guarded.identities, &folder("foreign"));
    let expired = Svid::expired(FRONTEND, &guarded.identities, &folder("expired"));
    Outcomes {
        allowed: script.ask(inbound, &svid, ORDERS, allowed).await,
        denied: script.ask(inbound, &svid, ORDERS, denied).await,
        somebody_else: script.ask(inbound, &svid, PAYMENTS, allowed).await,
        other_bundle: script
            .ask(inbound, &svid.with_other_bundle(), ORDERS, allowed)
            .await,
        of_another_authority: script.ask(inbound, &foreign, ORDERS, allowed).await,
        expired: script.ask(inbound, &expired, ORDERS, allowed).await,
    }
}

impl Outcomes {
    /// Two are answered, one of them with an error. In the other cases no connection may be used, on the client's word or on Envoy's.
    fn hold(&self, allowed: &str, denied: &str) {
        self.allowed.is(ANSWERED, allowed);
        self.denied.is(ANSWERED_WITH_AN_ERROR, denied);
        for refused in [
            &self.somebody_else,
            &self.other_bundle,
            &self.of_another_authority,
            &self.expired,
        ] {
            assert_eq!(refused.status, NOBODY_ANSWERED, "{refused:?}");
            let last = refused.errors.lines().last();
            assert!(last.is_some_and(|line| !line.trim().is_empty()), "{refused:?}");
        }
        assert!(
            self.somebody_else.errors.contains(ORDERS),
            "{:?}",
            self.somebody_else
        );
    }
}

/// That an HTTP client's outcomes are right, where what it needs is there.
async fn holds_over_http(name: &str, script: Result<Script, String>) {
    let script = match script {
        Ok(script) => script,
        Err(missing) => return eprintln!("skipped: {name}: {missing}"),
    };
    let guarded = Guarded::start(&format!("clients-{name}"), &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    let outcomes = outcomes(name, script, &guarded, ["/orders", "/invoices"]).await;
    outcomes.hold("200", "403");
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
    let application = GrpcApplication::start().await.unwrap();
    let address = application.address();
    let guarded = Guarded::start_changed("clients-grpc", &allow_method(), |bootstrap, _| {
        serve_by(bootstrap, address);
    })
    .await
    .unwrap();
    let outcomes = outcomes("grpc", script, &guarded, [METHOD, "/shop.Orders/Delete"]).await;

    outcomes.hold("0 OK", "7 PERMISSION_DENIED");
    for refused in [&outcomes.somebody_else, &outcomes.expired] {
        assert_eq!(refused.first_line(), "14 UNAVAILABLE", "{refused:?}");
    }
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

/// Puts an application that speaks HTTP/2 behind Envoy, as `--protocol http2` does.
fn serve_by(bootstrap: &mut Value, address: std::net::SocketAddr) {
    let clusters = bootstrap["static_resources"]["clusters"].as_array_mut().unwrap();
    let application = clusters
        .iter_mut()
        .find(|cluster| cluster["name"] == "application")
        .unwrap();
    *application = cluster::plaintext_http2("application", address);
}
