//! The client against a TLS server that demands certificates: what it sends, whom it trusts, and how each way
//! to get no response is named.

#![allow(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_demo::mtls_client::{Client, ClientCertificate, TlsOptions};
use spiffe_authz_demo::transport_failure::{FailureKind, TransportFailure};
use spiffe_authz_pki::{DevelopmentCa, IssuedLeaf, LeafRequest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";
const FRONTEND: &str = "spiffe://cluster.local/ns/shop/sa/frontend";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn roots(ca: &DevelopmentCa) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca.certificate_pem().as_bytes()).unwrap())
        .unwrap();
    roots
}

fn acceptor(ca: &DevelopmentCa, leaf: &IssuedLeaf) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(ca)), provider.clone())
        .build()
        .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(leaf.private_key_pem.as_bytes()).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A server with orders' SVID that demands a certificate of the same CA and answers one request.
async fn serve(ca: &DevelopmentCa) -> SocketAddr {
    let acceptor = acceptor(ca, &ca.issue(&LeafRequest::svid(ORDERS)).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor.accept(stream).await else {
            return;
        };
        let mut request = [0; 1024];
        let _read = stream.read(&mut request).await.unwrap();
        stream.write_all(RESPONSE).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    address
}

/// A server without TLS that does `script` with its first connection.
async fn serve_plaintext(script: &'static [u8], hold: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _read = stream.read(&mut [0; 1024]).await.unwrap();
        stream.write_all(script).await.unwrap();
        tokio::time::sleep(hold).await;
    });
    address
}

async fn send(address: SocketAddr, options: &TlsOptions<'_>) -> Result<u16, TransportFailure> {
    let response = Client::tls(address, options)
        .unwrap()
        .send(&HttpRequest::new("GET", "/"))
        .await;
    response.map(|response| response.status)
}

fn options<'a>(ca: &'a DevelopmentCa, leaf: Option<&'a IssuedLeaf>) -> TlsOptions<'a> {
    TlsOptions {
        trust_bundle_pem: ca.certificate_pem(),
        server_spiffe_id: ORDERS,
        certificate: leaf.map_or(ClientCertificate::Absent, |leaf| ClientCertificate::Presented {
            certificate_pem: &leaf.certificate_pem,
            private_key_pem: &leaf.private_key_pem,
        }),
        server_name: None,
    }
}

#[tokio::test]
async fn an_svid_of_the_right_ca_gets_a_response() {
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let svid = ca.issue(&LeafRequest::svid(FRONTEND)).unwrap();
    assert_eq!(send(serve(&ca).await, &options(&ca, Some(&svid))).await, Ok(200));
}

#[tokio::test]
async fn a_server_that_demands_a_certificate_refuses_a_client_without_one() {
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let failure = send(serve(&ca).await, &options(&ca, None)).await.unwrap_err();
    assert!(failure.is_refusal_by_peer(), "{failure}");
}

#[tokio::test]
async fn a_server_refuses_a_certificate_of_another_ca() {
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let other = DevelopmentCa::new("cluster.local").unwrap();
    let svid = other.issue(&LeafRequest::svid(FRONTEND)).unwrap();
    let failure = send(serve(&ca).await, &options(&ca, Some(&svid)))
        .await
        .unwrap_err();
    assert!(failure.is_refusal_by_peer(), "{failure}");
}

#[tokio::test]
async fn a_server_of_another_ca_is_not_trusted() {
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let other = DevelopmentCa::new("cluster.local").unwrap();
    let svid = ca.issue(&LeafRequest::svid(FRONTEND)).unwrap();
    let failure = send(serve(&other).await, &options(&ca, Some(&svid)))
        .await
        .unwrap_err();
    assert!(
        matches!(failure.kind, FailureKind::PeerCertificate(_)),
        "{failure}"
    );
    assert!(!failure.is_refusal_by_peer());
}

#[tokio::test]
async fn a_server_with_another_spiffe_id_is_not_trusted() {
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let svid = ca.issue(&LeafRequest::svid(FRONTEND)).unwrap();
    let expecting = "spiffe://cluster.local/ns/shop/sa/payments";
    let options = TlsOptions {
        server_spiffe_id: expecting,
        ..options(&ca, Some(&svid))
    };
    let failure = send(serve(&ca).await, &options).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!("the peer's certificate is refused: its SPIFFE ID is `{ORDERS}`, not `{expecting}`")
    );
}

#[tokio::test]
async fn a_server_that_stays_silent_is_given_up_after_the_deadline() {
    let address = serve_plaintext(b"", Duration::from_secs(60)).await;
    let client = Client::plaintext(address).with_step_timeout(Duration::from_millis(100));
    let failure = client.send(&HttpRequest::new("GET", "/")).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "no answer within 100ms while waiting for the response"
    );
}

#[tokio::test]
async fn a_server_that_closes_without_a_word_is_told_from_one_that_breaks_off() {
    let table: [(&[u8], &str); 3] = [
        (b"", "connection closed while waiting for the response"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok",
            "the response ends within the body",
        ),
        (b"220 smtp\r\n\r\n", "no status line can be read from `220 smtp`"),
    ];
    for (script, message) in table {
        let address = serve_plaintext(script, Duration::ZERO).await;
        let failure = Client::plaintext(address)
            .send(&HttpRequest::new("GET", "/"))
            .await
            .unwrap_err();
        assert_eq!(failure.to_string(), message);
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses_the_connection() {
    let address = spiffe_authz_demo::ports::free_loopback_addresses(1).unwrap()[0];
    let failure = Client::plaintext(address)
        .send(&HttpRequest::new("GET", "/"))
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
}
