//! Listeners that let peers in whose certificate nobody verified, or verified before: what a real Envoy says of them, and
//! that the filter takes none of them for somebody.

use std::sync::Arc;

use rustls::HandshakeKind;
use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::{DevelopmentCa, Duration, IssuedLeaf, LeafRequest, OffsetDateTime};
use spiffe_authz_tests::envoy::client::Connection;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::identities::OURS;
use spiffe_authz_tests::policies::allow_get;
use tokio_rustls::TlsConnector;

/// Changes the TLS context of the first chain.
fn change_tls(bootstrap: &mut Value, change: impl FnOnce(&mut Value)) {
    let tls = "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config";
    change(bootstrap.pointer_mut(tls).unwrap());
}

async fn start(name: &str, change: impl FnOnce(&mut Value)) -> Guarded {
    let configuration = allow_get(FRONTEND, &["/orders"]);
    Guarded::start_changed(name, &configuration, |bootstrap, _| change_tls(bootstrap, change))
        .await
        .unwrap()
}

/// The status of one request.
async fn send(connection: &mut Connection) -> u16 {
    let request = HttpRequest::new("GET", "/orders").with_header("connection", "keep-alive");
    connection.send(&request).await.unwrap().status
}

async fn present(guarded: &Guarded, leaf: &IssuedLeaf) -> u16 {
    let config = guarded.identities.present(leaf).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut connection = guarded.connect_over(Some(connector)).await.unwrap();
    send(&mut connection).await
}

async fn causes(guarded: &Guarded, requests: usize) -> Vec<String> {
    let log = guarded.access_log(requests).await.unwrap();
    let cause = |line: &Value| line["cause"].as_str().unwrap_or_default().to_owned();
    log.iter().map(cause).collect()
}

fn accept_untrusted(tls: &mut Value) {
    let common = &mut tls["common_tls_context"];
    let sds = common["validation_context_sds_secret_config"].take();
    common
        .as_object_mut()
        .unwrap()
        .remove("validation_context_sds_secret_config");
    common["combined_validation_context"] = json!({
        "default_validation_context": {"trust_chain_verification": "ACCEPT_UNTRUSTED"},
        "validation_context_sds_secret_config": sds,
    });
}

#[tokio::test]
async fn a_listener_that_accepts_untrusted_certificates_has_no_peer_but_the_trusted() {
    let guarded = start("accept-untrusted", accept_untrusted).await;
    let good = LeafRequest::svid(FRONTEND);
    let expired = LeafRequest {
        not_before: OffsetDateTime::now_utc() - Duration::hours(2),
        not_after: OffsetDateTime::now_utc() - Duration::hours(1),
        ..good.clone()
    };
    let impostor = DevelopmentCa::new(OURS).unwrap();
    assert_eq!(
        present(&guarded, &guarded.identities.issue(&good).unwrap()).await,
        200
    );
    for untrusted in [
        impostor.issue(&good),
        guarded.identities.partner().issue(&good),
        guarded.identities.ours().issue(&expired),
    ] {
        assert_eq!(present(&guarded, &untrusted.unwrap()).await, 403);
    }
    let unverified = "svid-not-validated";
    assert_eq!(
        causes(&guarded, 4).await,
        ["matched-allow", unverified, unverified, unverified]
    );
    assert_eq!(guarded.application.arrivals(), 1);
}

fn resume(tls: &mut Value) {
    for switch in [
        "disable_stateless_session_resumption",
        "disable_stateful_session_resumption",
    ] {
        tls[switch] = json!(false);
    }
}

#[tokio::test]
async fn a_resumed_session_has_no_verified_peer() {
    let guarded = start("resumed", resume).await;
    let connector = guarded.identities.client(&[FRONTEND.to_owned()]).unwrap();
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let mut connection = guarded.connect_over(Some(connector.clone())).await.unwrap();
        let first = send(&mut connection).await;
        statuses.push((connection.handshake_kind(), first, send(&mut connection).await));
    }
    assert_eq!(
        statuses,
        [
            (Some(HandshakeKind::Full), 200, 200),
            (Some(HandshakeKind::Resumed), 403, 403),
        ]
    );
    assert_eq!(causes(&guarded, 4).await[2..], ["svid-not-validated"; 2]);
    let log = guarded.access_log(4).await.unwrap();
    assert!(log.iter().all(|line| line["peer_uri_san"] == FRONTEND), "{log:?}");
    assert_eq!(guarded.application.arrivals(), 2);
}
