//! An SVID that was rotated on disk is presented to new connections, without a restart.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::policies::allow_get;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

async fn presented(guarded: &Guarded) -> Vec<u8> {
    guarded
        .connect(FRONTEND)
        .await
        .unwrap()
        .server_certificate()
        .unwrap()
        .to_vec()
}

#[tokio::test]
async fn new_connections_get_the_rotated_svid_and_old_ones_go_on() {
    let mut guarded = Guarded::start("rotation", &allow_get(FRONTEND, &["/orders"]))
        .await
        .unwrap();
    let request = HttpRequest::new("GET", "/orders").with_header("connection", "keep-alive");
    let mut old = guarded.connect(FRONTEND).await.unwrap();
    assert_eq!(old.send(&request).await.unwrap().status, 200);
    let first = presented(&guarded).await;

    let rotated = guarded.identities.rotate_server().unwrap();
    let rotated = CertificateDer::from_pem_slice(rotated.certificate_pem.as_bytes()).unwrap();
    assert_ne!(first, rotated.as_ref());
    let taken = async {
        while presented(&guarded).await != rotated.as_ref() {
            sleep(POLL).await;
        }
    };
    timeout(PATIENCE, taken)
        .await
        .expect("the rotated SVID is not presented");

    assert_eq!(old.send(&request).await.unwrap().status, 200);
    let mut new = guarded.connect(FRONTEND).await.unwrap();
    assert_eq!(new.send(&request).await.unwrap().status, 200);
    assert!(guarded.envoy.is_running().unwrap());
}
