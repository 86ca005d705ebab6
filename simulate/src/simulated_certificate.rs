//! A certificate that says what a request document says, for a filter that parses it and verifies nothing.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest as _, Sha256};
use spiffe_authz_host_sim::PeerCertificate;
use spiffe_authz_pki::{AuthorityKeyId, DevelopmentCa, LeafRequest};
use spiffe_authz_policy::{LeafFacts, RequestDocument};
use time::{Date, Month, OffsetDateTime, Time};

use crate::described_certificate::{alt_names, serial_number};
use crate::error::SimulationError;

/// Certificates of one CA.
#[derive(Default)]
pub struct SimulatedCertificates {
    ca: OnceLock<Result<DevelopmentCa, SimulationError>>,
}

impl SimulatedCertificates {
    /// What the proxy shows of the peer's certificate.
    ///
    /// # Errors
    /// When no certificate can be issued.
    pub fn of(
        &self,
        facts: &LeafFacts,
        request: &RequestDocument,
    ) -> Result<PeerCertificate, SimulationError> {
        let der = match request.certificate_pem() {
            Some(pem) => der_of_pem(pem)?,
            None => self.issue(&leaf_request(facts))?,
        };
        let written = request.certificate_digest().filter(|digest| !digest.is_empty());
        let digest = written.map_or_else(|| Sha256::digest(&der).to_vec(), <[u8]>::to_vec);
        Ok(PeerCertificate {
            uri_san: facts.uri_sans.first().cloned(),
            dns_san: facts.dns_sans.first().map(|san| san.clone().into_bytes()),
            sha256_digest: hexadecimal(&digest),
            pem: Some(pem_of_der(&der)),
            ..PeerCertificate::valid("")
        })
    }

    fn issue(&self, leaf: &LeafRequest) -> Result<Vec<u8>, SimulationError> {
        let new = || DevelopmentCa::new("cluster.local").map_err(refused);
        let ca = self.ca.get_or_init(new).as_ref().map_err(Clone::clone)?;
        let issued = ca.issue(leaf).map_err(refused)?;
        der_of_pem(&issued.certificate_pem)
    }
}

/// A certificate that says this, its names in any bytes.
fn leaf_request(facts: &LeafFacts) -> LeafRequest {
    LeafRequest {
        uri_sans: Vec::new(),
        not_before: facts.not_before.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        not_after: facts.not_after.unwrap_or_else(end_of_time),
        authority_key_id: facts
            .issuer_key_id
            .clone()
            .map_or(AuthorityKeyId::LeftOut, AuthorityKeyId::Other),
        serial_number: serial_number(facts.serial.as_deref()),
        raw_extensions: alt_names(&facts.uri_sans, &facts.dns_sans).into_iter().collect(),
        ..LeafRequest::svid("")
    }
}

/// What RFC 5280 (section 4.1.2.5) has certificates without an end say.
fn end_of_time() -> OffsetDateTime {
    let last_day = Date::from_calendar_date(9999, Month::December, 31).unwrap_or(Date::MAX);
    let last_second = Time::from_hms(23, 59, 59).unwrap_or(Time::MIDNIGHT);
    last_day.with_time(last_second).assume_utc()
}

fn refused(error: impl std::fmt::Display) -> SimulationError {
    SimulationError::Certificate {
        reason: error.to_string(),
    }
}

fn der_of_pem(pem: &str) -> Result<Vec<u8>, SimulationError> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(refused)?;
    Ok(der.to_vec())
}

fn pem_of_der(der: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).collect();
    let lines = lines.join(&b'\n');
    [
        b"-----BEGIN CERTIFICATE-----\n",
        lines.as_slice(),
        b"\n-----END CERTIFICATE-----\n",
    ]
    .concat()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use spiffe_authz_policy::LeafCertificate;

    fn shown(document: &str) -> LeafFacts {
        let request = RequestDocument::from_json(document.as_bytes()).unwrap();
        let facts = request.leaf().unwrap().facts();
        let shown = SimulatedCertificates::default().of(facts, &request).unwrap();
        let leaf = LeafCertificate::from_pem(&shown.pem.unwrap()).unwrap();
        leaf.facts().clone()
    }

    #[test]
    fn the_filter_reads_what_the_document_says() {
        let said = shown(
            r#"{"peer": {"uriSans": ["spiffe://td/é", "b"], "dnsSans": ["a.b"], "issuerKeyId": "0a"}}"#,
        );
        assert_eq!(said.uri_sans, ["spiffe://td/é".as_bytes(), b"b"]);
        assert_eq!(said.dns_sans, ["a.b"]);
        assert_eq!(said.issuer_key_id, Some(vec![0x0a]));
        assert_eq!(said.not_before, Some(OffsetDateTime::UNIX_EPOCH));
        assert_eq!(said.not_after, Some(end_of_time()));
    }
}
