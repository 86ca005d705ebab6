//! The kind of a certificate's key, and who issued it, for people.

use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::public_key::PublicKey;

/// What is shown of a certificate beside what the rules look at.
pub(crate) struct Shown {
    /// The kind of its key, such as `ECDSA P-256`.
    pub(crate) key_type: String,
    /// Who issued it, without control characters.
    pub(crate) issuer: String,
}

const ED25519: &str = "1.3.101.112";

/// Reads it; `None` for what is no certificate.
pub(crate) fn shown(der: &[u8]) -> Option<Shown> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(Shown {
        key_type: key_type(&certificate),
        issuer: certificate.issuer().to_string().escape_debug().to_string(),
    })
}

fn key_type(certificate: &X509Certificate<'_>) -> String {
    let info = certificate.public_key();
    let algorithm = info.algorithm.algorithm.to_id_string();
    match info.parsed() {
        Ok(PublicKey::EC(point)) => match point.key_size() {
            256 => "ECDSA P-256".to_owned(),
            384 => "ECDSA P-384".to_owned(),
            bits => format!("ECDSA with {bits} bits"),
        },
        Ok(PublicKey::RSA(key)) => format!("RSA {}", key.key_size()),
        _ if algorithm == ED25519 => "Ed25519".to_owned(),
        Ok(_) | Err(_) => format!("of the algorithm {algorithm}"),
    }
}
