//! [`CaCertificate`]: what is read of a SPIFFE signing certificate.

use time::OffsetDateTime;
use x509_parser::pem::Pem;
use x509_parser::prelude::{GeneralName, X509Certificate};

use crate::ca::is_trust_domain;

/// What a CA needs to know of its own certificate when it is loaded.
pub(crate) struct CaCertificate {
    /// The trust domain of its SPIFFE ID.
    pub(crate) trust_domain: String,
    /// Its last moment.
    pub(crate) not_after: OffsetDateTime,
    /// The content of the bit string that holds its public key.
    pub(crate) public_key: Vec<u8>,
}

impl CaCertificate {
    /// Reads the one certificate in PEM.
    ///
    /// # Errors
    /// Why it is not one SPIFFE signing certificate (X509-SVID, sections 3.2 and 4).
    pub(crate) fn from_pem(pem: &str) -> Result<Self, String> {
        let blocks: Result<Vec<Pem>, _> = Pem::iter_from_buffer(pem.as_bytes()).collect();
        let blocks = blocks.map_err(|error| format!("the certificate is not PEM: {error}"))?;
        let [block] = blocks.as_slice() else {
            return Err(format!(
                "{} blocks of PEM, expected one certificate",
                blocks.len()
            ));
        };
        let certificate = block
            .parse_x509()
            .map_err(|error| format!("the certificate cannot be read: {error}"))?;
        if !certificate.is_ca() {
            return Err("the certificate is not a signing certificate: cA is false".to_owned());
        }
        Ok(Self {
            trust_domain: trust_domain(&certificate)?,
            not_after: certificate.validity().not_after.to_datetime(),
            public_key: certificate.public_key().subject_public_key.data.to_vec(),
        })
    }
}

fn trust_domain(certificate: &X509Certificate<'_>) -> Result<String, String> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|error| format!("the subject alternative name: {error}"))?;
    let uris = names
        .iter()
        .flat_map(|names| &names.value.general_names)
        .filter_map(uri);
    let uris: Vec<&str> = uris.collect();
    match uris.as_slice() {
        [uri] => uri
            .strip_prefix("spiffe://")
            .filter(|name| is_trust_domain(name))
            .map(str::to_owned)
            .ok_or_else(|| format!("its URI SAN `{uri}` is not the SPIFFE ID of a trust domain")),
        others => Err(format!("{} URI SANs, expected one", others.len())),
    }
}

fn uri<'c>(name: &GeneralName<'c>) -> Option<&'c str> {
    if let GeneralName::URI(uri) = name {
        Some(uri)
    } else {
        None
    }
}
