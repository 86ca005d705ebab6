//! Every kind of key carries an mTLS handshake of rustls, under a CA of every kind.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failed test panics")]

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, ServerConfig,
    ServerConnection, SignatureScheme,
};
use spiffe_authz_pki::{CaRequest, DevelopmentCa, IssuedLeaf, KeyAlgorithm, LeafRequest};

fn ca(key_algorithm: KeyAlgorithm) -> DevelopmentCa {
    DevelopmentCa::create(&CaRequest {
        key_algorithm,
        ..CaRequest::new("cluster.local")
    })
    .unwrap()
}

fn leaf(ca: &DevelopmentCa, name: &str, algorithm: KeyAlgorithm) -> IssuedLeaf {
    let request = LeafRequest::svid(&format!("spiffe://cluster.local/ns/shop/sa/{name}"));
    ca.issue_with_key(&request, algorithm).unwrap()
}

fn chain(leaf: &IssuedLeaf) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let certificate = CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(leaf.private_key_pem.as_bytes()).unwrap();
    (vec![certificate], key)
}

fn roots(ca: &DevelopmentCa) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let anchor = CertificateDer::from_pem_slice(ca.certificate_pem().as_bytes()).unwrap();
    roots.add(anchor).unwrap();
    roots
}

/// An SVID has no DNS name to check, and the chain is the server's own matter here: the signature of the handshake is
/// what a key has to carry.
#[derive(Debug)]
struct AnyServer(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

fn connections(
    client_ca: &DevelopmentCa,
    algorithm: KeyAlgorithm,
    trusted: &DevelopmentCa,
) -> (ClientConnection, ServerConnection) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(trusted)), provider.clone())
        .build()
        .unwrap();
    let (certificates, key) = chain(&leaf(trusted, "orders", algorithm));
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates, key)
        .unwrap();
    let (certificates, key) = chain(&leaf(client_ca, "frontend", algorithm));
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer(provider)))
        .with_client_auth_cert(certificates, key)
        .unwrap();
    (
        ClientConnection::new(Arc::new(client), "orders.shop".try_into().unwrap()).unwrap(),
        ServerConnection::new(Arc::new(server)).unwrap(),
    )
}

/// Carries bytes to and fro until both are done.
fn handshake(client: &mut ClientConnection, server: &mut ServerConnection) -> Result<(), Error> {
    while client.is_handshaking() || server.is_handshaking() {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut bytes = Vec::new();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn both_ends_of_mtls_may_have_any_kind_of_key() {
    for algorithm in KeyAlgorithm::ALL {
        let ca = ca(algorithm);
        let (mut client, mut server) = connections(&ca, algorithm, &ca);
        assert_eq!(
            handshake(&mut client, &mut server),
            Ok(()),
            "{}",
            algorithm.name()
        );
        assert_eq!(server.peer_certificates().unwrap().len(), 1);
    }
}

#[test]
fn a_ca_that_was_read_from_pem_issues_what_its_bundle_verifies() {
    let ca = ca(KeyAlgorithm::EcdsaP256);
    let again = DevelopmentCa::from_pem(ca.certificate_pem(), &ca.private_key_pem()).unwrap();
    let (mut client, mut server) = connections(&again, KeyAlgorithm::EcdsaP256, &ca);
    handshake(&mut client, &mut server).expect("one and the same CA");
}

#[test]
fn what_another_ca_of_the_same_name_issued_is_refused() {
    let (ca, other) = (ca(KeyAlgorithm::EcdsaP256), ca(KeyAlgorithm::EcdsaP256));
    let (mut client, mut server) = connections(&other, KeyAlgorithm::EcdsaP256, &ca);
    assert!(handshake(&mut client, &mut server).is_err());
}
