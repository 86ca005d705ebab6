//! [`Connectors`]: TLS clients by identity, server name and version of HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use spiffe_authz_pki::LeafRequest;
use tokio_rustls::TlsConnector;

use crate::envoy::identities::Identities;
use crate::native_rbac::connection::HttpVersion;

/// URI SANs, whether the handshake names a server, and the version of HTTP.
type Key = (Vec<String>, bool, HttpVersion);

/// Each kind of client is made once.
pub(super) struct Connectors {
    identities: Identities,
    made: Mutex<HashMap<Key, TlsConnector>>,
}

impl Connectors {
    pub(super) fn new(identities: Identities) -> Self {
        Self {
            identities,
            made: Mutex::default(),
        }
    }

    pub(super) fn identities(&self) -> &Identities {
        &self.identities
    }

    /// A client that presents a certificate with these URI SANs.
    pub(super) fn connector(
        &self,
        uri_sans: &[String],
        names_server: bool,
        version: HttpVersion,
    ) -> Result<TlsConnector, String> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (uri_sans.to_vec(), names_server, version);
        if let Some(connector) = made.get(&key) {
            return Ok(connector.clone());
        }
        let mut config = self.client_config(uri_sans).map_err(|error| error.to_string())?;
        config.enable_sni = names_server;
        config.alpn_protocols = vec![version.alpn().to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        made.insert(key, connector.clone());
        Ok(connector)
    }

    fn client_config(&self, uri_sans: &[String]) -> Result<ClientConfig, Box<dyn std::error::Error>> {
        let request = LeafRequest {
            uri_sans: uri_sans.to_vec(),
            ..LeafRequest::svid("")
        };
        let leaf = self.identities.issue(&request)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer(provider)))
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(leaf.certificate_pem.as_bytes())?],
                PrivateKeyDer::from_pem_slice(leaf.private_key_pem.as_bytes())?,
            )?;
        Ok(config)
    }
}

/// Whatever name the handshake carries, the server is the test's own Envoy.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

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
        rustls::crypto::verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
