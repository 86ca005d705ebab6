//! A certificate that says what a request document says, for a filter that parses it and verifies nothing.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use spiffe_authz_host_sim::PeerCertificate;
use spiffe_authz_pki::{AuthorityKeyId, DevelopmentCa, LeafRequest};
use spiffe_authz_policy::{LeafFacts, RequestDocument};
use time::{Date, Month, OffsetDateTime, Time};

/// Certificates of one CA.
#[derive(Default)]
pub struct SimulatedCertificates {
    ca: OnceLock<Result<DevelopmentCa, String>>,
}

impl SimulatedCertificates {
    /// What the proxy shows of the peer's certificate. It shows none where no certificate can say what the document says.
    ///
    /// # Errors
    /// When no certificate can be issued.
    pub fn of(&self, facts: &LeafFacts, request: &RequestDocument) -> Result<PeerCertificate, String> {
        let der = match request.certificate_pem() {
            Some(pem) => Some(der_of_pem(pem)?),
            None => leaf_request(facts)
                .map(|leaf| self.issue(&leaf, facts))
                .transpose()?,
        };
        let written = request.certificate_digest().filter(|digest| !digest.is_empty());
        let digest_of = |der: &Vec<u8>| digest(&SHA256, der).as_ref().to_vec();
        let digest = written
            .map(<[u8]>::to_vec)
            .or_else(|| der.as_ref().map(digest_of));
        Ok(PeerCertificate {
            uri_san: facts.uri_sans.first().cloned(),
            dns_san: facts.dns_sans.first().map(|san| san.clone().into_bytes()),
            sha256_digest: hexadecimal(&digest.unwrap_or_else(|| vec![0; 32])),
            pem: der.map(|der| pem_of_der(&der)),
            ..PeerCertificate::valid("")
        })
    }

    fn issue(&self, leaf: &LeafRequest, facts: &LeafFacts) -> Result<Vec<u8>, String> {
        let new = || DevelopmentCa::new("cluster.local").map_err(|error| error.to_string());
        let ca = self.ca.get_or_init(new).as_ref().map_err(Clone::clone)?;
        let issued = ca.issue(leaf).map_err(|error| error.to_string())?;
        let mut der = der_of_pem(&issued.certificate_pem)?;
        for (written, meant) in leaf.uri_sans.iter().zip(&facts.uri_sans) {
            replace(&mut der, written.as_bytes(), meant);
        }
        Ok(der)
    }
}

/// A certificate that says this; `None` where none can. The bytes of a URI SAN that are no ASCII are left for later.
fn leaf_request(facts: &LeafFacts) -> Option<LeafRequest> {
    let request = LeafRequest {
        uri_sans: facts.uri_sans.iter().map(|san| in_ascii(san)).collect(),
        dns_sans: facts.dns_sans.clone(),
        not_before: facts.not_before.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        not_after: facts.not_after.unwrap_or_else(end_of_time),
        authority_key_id: facts
            .issuer_key_id
            .clone()
            .map_or(AuthorityKeyId::LeftOut, AuthorityKeyId::Other),
        ..LeafRequest::svid("")
    };
    facts.dns_sans.iter().all(|san| san.is_ascii()).then_some(request)
}

/// The same number of bytes, those that are no ASCII made some that are.
fn in_ascii(san: &[u8]) -> String {
    let ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '~' };
    san.iter().map(ascii).collect()
}

/// Puts bytes in the place of as many others. The signature is for the certificate as it was.
fn replace(der: &mut [u8], written: &[u8], meant: &[u8]) {
    if written == meant {
        return;
    }
    let place = der.windows(written.len()).position(|window| window == written);
    if let Some(place) = place {
        der[place..place + meant.len()].copy_from_slice(meant);
    }
}

/// What RFC 5280 (section 4.1.2.5) has certificates without an end say.
fn end_of_time() -> OffsetDateTime {
    let last_day = Date::from_calendar_date(9999, Month::December, 31).unwrap_or(Date::MAX);
    let last_second = Time::from_hms(23, 59, 59).unwrap_or(Time::MIDNIGHT);
    last_day.with_time(last_second).assume_utc()
}

fn der_of_pem(pem: &str) -> Result<Vec<u8>, String> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|error| error.to_string())?;
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
