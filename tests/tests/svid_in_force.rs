//! A certificate that was good at the handshake is judged anew for every request on the connection: it may expire, and a
//! configuration may shut its holder out.

use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::{IssuedLeaf, LeafRequest, OffsetDateTime, SerialNumber};
use spiffe_authz_tests::envoy::client::Connection;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

const OTHER: &str = "spiffe://cluster.local/ns/bank/sa/teller";
const SERIAL: &[u8] = &[0x0a, 0x1b, 0x2c];
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);

async fn connect(guarded: &Guarded, leaf: &IssuedLeaf) -> Connection {
    let config = guarded.identities.present(leaf).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    guarded.connect_over(Some(connector)).await.unwrap()
}

async fn status(connection: &mut Connection) -> u16 {
    let request = HttpRequest::new("GET", "/orders").with_header("connection", "keep-alive");
    connection.send(&request).await.unwrap().status
}

/// Sends requests until the status is another; how many had the one before.
async fn until_another_status(connection: &mut Connection, before: u16, after: u16) -> usize {
    let mut sent = 0;
    let waiting = async {
        loop {
            match status(connection).await {
                status if status == before => sent += 1,
                status => return assert_eq!(status, after),
            }
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("another status");
    sent
}

async fn last_cause(guarded: &Guarded, requests: usize) -> Value {
    let log = guarded.access_log(requests).await.unwrap();
    log[requests - 1]["cause"].clone()
}

#[tokio::test]
async fn an_svid_that_expires_while_its_connection_lives_stops_working() {
    let guarded = Guarded::start("svid-expires", &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    let not_after = OffsetDateTime::now_utc() + spiffe_authz_pki::Duration::seconds(3);
    let short = LeafRequest {
        not_after,
        ..LeafRequest::svid(FRONTEND)
    };
    let mut short = connect(&guarded, &guarded.identities.issue(&short).unwrap()).await;
    let mut long = guarded.connect(FRONTEND).await.unwrap();
    let allowed = until_another_status(&mut short, 200, 403).await;
    assert!(allowed > 0, "the SVID never worked");
    assert!(OffsetDateTime::now_utc() > not_after.replace_nanosecond(0).unwrap());
    assert_eq!(last_cause(&guarded, allowed + 1).await, "svid-expired");
    assert_eq!(status(&mut short).await, 403);
    assert_eq!(status(&mut long).await, 200);
    assert_eq!(guarded.application.arrivals(), allowed + 1);
}

/// The policies allow everybody; only the list changes.
fn denying(denied: &Value) -> Value {
    json!({
        "svid": {"denied": denied},
        "resources": [{
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "everybody", "namespace": "shop"},
            "spec": {"rules": [{}]},
        }],
    })
}

fn digest_of(leaf: &IssuedLeaf) -> String {
    let der = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).unwrap();
    let digest = digest(&SHA256, &der);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_peer_is_shut_out_on_its_living_connection_by_name_pattern_serial_number_and_digest() {
    let nobody = denying(&json!({}));
    let guarded = Guarded::start("svid-denied", &nobody).await.unwrap();
    let stolen = LeafRequest {
        serial_number: SerialNumber::Chosen(SERIAL.to_vec()),
        ..LeafRequest::svid(FRONTEND)
    };
    let stolen = guarded.identities.issue(&stolen).unwrap();
    let mut living = connect(&guarded, &stolen).await;
    let mut other = guarded.connect(OTHER).await.unwrap();
    assert_eq!(status(&mut living).await, 200);
    for denied in [
        json!({"spiffeIds": [FRONTEND]}),
        json!({"spiffeIds": ["spiffe://cluster.local/ns/shop/*"]}),
        json!({"spiffeIds": ["*/sa/frontend"]}),
        json!({"serialNumbers": ["0A:1B:2C"]}),
        json!({"sha256Digests": [digest_of(&stolen)]}),
    ] {
        guarded.configure(&denying(&denied)).unwrap();
        until_another_status(&mut living, 200, 403).await;
        let mut anew = connect(&guarded, &stolen).await;
        assert_eq!(status(&mut anew).await, 403, "{denied}");
        assert_eq!(status(&mut other).await, 200, "{denied}");
        guarded.configure(&nobody).unwrap();
        until_another_status(&mut living, 403, 200).await;
    }
    let metrics = guarded.envoy.prometheus().await.unwrap();
    assert!(metrics.contains(r#"cause="svid-revoked""#), "{metrics}");
    assert!(!metrics.contains(r#"cause="matched-deny""#), "{metrics}");
}
