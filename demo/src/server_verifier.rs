//! Judges a server's certificate as SPIFFE does: the chain ends in the trust bundle, and the certificate's one
//! URI SAN is exactly the expected SPIFFE ID. DNS names play no part.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

/// A server that is not the workload it should be.
#[derive(Debug, thiserror::Error)]
#[error("its SPIFFE ID is `{found}`, not `{expected}`")]
struct AnotherWorkload {
    expected: String,
    found: String,
}

/// Accepts one workload alone.
#[derive(Debug)]
pub(crate) struct SpiffeServerVerifier {
    pub(crate) roots: RootCertStore,
    pub(crate) spiffe_id: String,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl SpiffeServerVerifier {
    fn check_spiffe_id(&self, certificate: &CertificateDer<'_>) -> Result<(), Error> {
        let parsed = webpki::EndEntityCert::try_from(certificate)
            .map_err(|_webpki| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let found: Vec<&str> = parsed.valid_uri_names().collect();
        if found == [self.spiffe_id.as_str()] {
            return Ok(());
        }
        let error = AnotherWorkload {
            expected: self.spiffe_id.clone(),
            found: found.join("`, `"),
        };
        Err(Error::InvalidCertificate(CertificateError::Other(OtherError(
            Arc::new(error),
        ))))
    }
}

impl ServerCertVerifier for SpiffeServerVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, now, algorithms)?;
        self.check_spiffe_id(end_entity)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
