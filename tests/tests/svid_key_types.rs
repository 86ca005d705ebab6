//! The kinds of key that `spiffe-authz svid` offers, in a real handshake on both sides.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_pki::{KeyAlgorithm, LeafRequest};
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

async fn start(name: &str) -> Guarded {
    Guarded::start(name, &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap()
}

fn client(guarded: &Guarded, key: KeyAlgorithm) -> TlsConnector {
    let ours = guarded.identities.ours();
    let leaf = ours.issue_with_key(&LeafRequest::svid(FRONTEND), key).unwrap();
    TlsConnector::from(Arc::new(guarded.identities.present(&leaf).unwrap()))
}

async fn status(guarded: &Guarded, connector: &TlsConnector) -> Result<u16, String> {
    let mut connection = guarded.connect_over(Some(connector.clone())).await?;
    Ok(connection.send(&HttpRequest::new("GET", "/orders")).await?.status)
}

/// Waits until a new connection is shown this certificate.
async fn presented(guarded: &Guarded, certificate: &[u8]) {
    let shown = async {
        loop {
            let connection = guarded.connect(FRONTEND).await;
            if connection.is_ok_and(|open| open.server_certificate() == Some(certificate)) {
                return;
            }
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, shown).await.expect("the SVID is not presented");
}

#[tokio::test]
async fn a_workload_presents_an_svid_of_every_kind_of_key() {
    let guarded = start("server-keys").await;
    for key in KeyAlgorithm::ALL {
        let leaf = guarded.identities.rotate_server_to(key).unwrap();
        let certificate = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).unwrap();
        presented(&guarded, &certificate).await;
        assert_eq!(
            status(&guarded, &client(&guarded, KeyAlgorithm::EcdsaP256)).await,
            Ok(200),
            "{}",
            key.name()
        );
    }
}

/// Envoy asks for signatures of these kinds where a configuration names no others.
const ASKED_FOR: [KeyAlgorithm; 3] = [
    KeyAlgorithm::EcdsaP256,
    KeyAlgorithm::EcdsaP384,
    KeyAlgorithm::Rsa2048,
];

#[tokio::test]
async fn a_peer_is_known_by_an_svid_with_a_key_that_envoy_asks_for() {
    let guarded = start("client-keys").await;
    for key in ASKED_FOR {
        assert_eq!(
            status(&guarded, &client(&guarded, key)).await,
            Ok(200),
            "{}",
            key.name()
        );
    }
}

#[tokio::test]
async fn a_peer_with_an_ed25519_key_has_no_handshake_with_envoy() {
    let guarded = start("ed25519-peer").await;
    let refused = status(&guarded, &client(&guarded, KeyAlgorithm::Ed25519)).await;
    assert!(
        refused
            .as_ref()
            .is_err_and(|error| error.contains("CertificateRequired")),
        "{refused:?}"
    );
}
