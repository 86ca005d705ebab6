//! Certificates of a connection, as Envoy shows them to a plugin.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::envoy::distinguished_name;
use crate::envoy::properties::Properties;

/// What Envoy says about the certificate of an mTLS peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The first URI SAN, raw; `None` where the certificate has none.
    pub uri_san: Option<Vec<u8>>,
    /// Whether Envoy validated the chain (`connection.peer_certificate_valid`).
    pub valid: bool,
    /// SHA-256 of the certificate's DER form, 64 characters of lower-case hex.
    pub sha256_digest: String,
    /// The first DNS SAN; `None` where the certificate has none.
    pub dns_san: Option<Vec<u8>>,
    /// The subject as RFC 2253 writes it, the last part first; empty where it is empty.
    pub subject: String,
    /// The certificate as PEM, raw; `None` as with an Envoy that has no `connection.peer_certificate`.
    pub pem: Option<Vec<u8>>,
}

/// What Envoy says about the certificate that it presented itself. [`LocalCertificate::default`] is one without names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalCertificate {
    /// The first URI SAN, raw; `None` where the certificate has none.
    pub uri_san: Option<Vec<u8>>,
    /// The first DNS SAN; `None` where the certificate has none.
    pub dns_san: Option<Vec<u8>>,
    /// The subject as RFC 2253 writes it, the last part first; empty where it is empty.
    pub subject: String,
}

/// Why bytes are no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no block `CERTIFICATE`.
    #[error("there is no PEM block `CERTIFICATE`")]
    NoPemBlock,
    /// The bytes are no X.509 certificate in DER, or other bytes follow it.
    #[error("the bytes are no X.509 certificate in DER")]
    NoCertificate,
    /// Its subject alternative names cannot be read, or are there twice.
    #[error("the subject alternative names of the certificate cannot be read")]
    BadAlternativeNames,
}

impl PeerCertificate {
    /// A certificate that Envoy validated, with this URI SAN and a digest of zeros; no DNS SAN, no subject and no PEM.
    #[must_use]
    pub fn valid(uri_san: impl Into<Vec<u8>>) -> Self {
        Self {
            uri_san: Some(uri_san.into()),
            valid: true,
            sha256_digest: "0".repeat(64),
            dns_san: None,
            subject: String::new(),
            pem: None,
        }
    }

    /// What Envoy shows of the first certificate of a PEM text, as one that it validated.
    ///
    /// # Errors
    /// [`CertificateError`] where there is none.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        Self::from_der(der_of(pem.as_ref())?)
    }

    /// What Envoy shows of a certificate in DER, as one that it validated. The PEM is written anew from it.
    ///
    /// # Errors
    /// [`CertificateError`] where the bytes are none.
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        let der = der.as_ref();
        let LocalCertificate {
            uri_san,
            dns_san,
            subject,
        } = LocalCertificate::from_der(der)?;
        Ok(Self {
            uri_san,
            valid: true,
            sha256_digest: hexadecimal(&Sha256::digest(der)),
            dns_san,
            subject,
            pem: Some(pem_of(der).into_bytes()),
        })
    }
}

impl LocalCertificate {
    /// What Envoy shows of the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`] where there is none.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        Self::from_der(der_of(pem.as_ref())?)
    }

    /// What Envoy shows of a certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError`] where the bytes are none.
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        let (rest, certificate) =
            X509Certificate::from_der(der.as_ref()).map_err(|_| CertificateError::NoCertificate)?;
        if !rest.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let names = certificate
            .subject_alternative_name()
            .map_err(|_| CertificateError::BadAlternativeNames)?;
        let names = names.map_or(&[][..], |extension| &extension.value.general_names);
        Ok(Self {
            uri_san: names.iter().find_map(uri).map(<[u8]>::to_vec),
            dns_san: names.iter().find_map(dns).map(<[u8]>::to_vec),
            subject: distinguished_name::text(certificate.subject()),
        })
    }
}

/// Which of the two ends of a connection a certificate is of.
#[derive(Debug, Clone, Copy)]
enum End {
    Peer,
    Local,
}

/// The properties of both certificates under `connection` or `upstream`; a subject is there with or without one.
pub(super) fn properties(
    top: &str,
    peer: Option<&PeerCertificate>,
    local: Option<&LocalCertificate>,
) -> Properties {
    let names = match peer {
        Some(peer) => LocalCertificate {
            uri_san: peer.uri_san.clone(),
            dns_san: peer.dns_san.clone(),
            subject: peer.subject.clone(),
        },
        None => LocalCertificate::default(),
    };
    let of_local = of_names(top, End::Local, local.unwrap_or(&LocalCertificate::default()));
    let both = of_names(top, End::Peer, &names).and(of_local);
    match peer {
        Some(peer) => both.and(of_bytes(top, peer)),
        None => both,
    }
}

fn of_bytes(top: &str, peer: &PeerCertificate) -> Properties {
    let digest = peer.sha256_digest.as_str();
    let properties = Properties::new().string([top, "sha256_peer_certificate_digest"], digest);
    match &peer.pem {
        Some(pem) => properties.string([top, "peer_certificate"], pem.as_slice()),
        None => properties,
    }
}

fn of_names(top: &str, end: End, names: &LocalCertificate) -> Properties {
    let (subject, uri_san, dns_san) = match end {
        End::Peer => (
            "subject_peer_certificate",
            "uri_san_peer_certificate",
            "dns_san_peer_certificate",
        ),
        End::Local => (
            "subject_local_certificate",
            "uri_san_local_certificate",
            "dns_san_local_certificate",
        ),
    };
    let sans = [(uri_san, &names.uri_san), (dns_san, &names.dns_san)];
    let known = sans
        .into_iter()
        .filter_map(|(name, san)| Some((name, san.as_deref()?)));
    let subject = Properties::new().string([top, subject], names.subject.as_str());
    known.fold(subject, |properties, (name, san)| {
        properties.string([top, name], san)
    })
}

fn uri<'n>(name: &GeneralName<'n>) -> Option<&'n [u8]> {
    if let GeneralName::URI(uri) = name {
        Some(uri.as_bytes())
    } else {
        None
    }
}

fn dns<'n>(name: &GeneralName<'n>) -> Option<&'n [u8]> {
    if let GeneralName::DNSName(dns) = name {
        Some(dns.as_bytes())
    } else {
        None
    }
}

fn der_of(pem: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let mut blocks = x509_parser::pem::Pem::iter_from_buffer(pem).filter_map(Result::ok);
    let block = blocks.find(|block| block.label == "CERTIFICATE");
    block
        .map(|block| block.contents)
        .ok_or(CertificateError::NoPemBlock)
}

/// Lines of 64 characters, as Envoy writes them.
fn pem_of(der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for (place, character) in encoded.chars().enumerate() {
        if place > 0 && place.is_multiple_of(64) {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END CERTIFICATE-----\n");
    pem
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Issued with openssl: several names of each kind, a subject with separators and two values in one part.
    const CLIENT: &str = include_str!("../../tests/abi/client.pem");
    /// Likewise, without a name of any kind.
    const BARE: &str = include_str!("../../tests/abi/bare.pem");

    #[test]
    fn a_certificate_shows_what_envoy_shows_of_it() {
        let peer = PeerCertificate::from_pem(CLIENT).unwrap();
        assert_eq!(
            peer.uri_san.as_deref(),
            Some(&b"spiffe://cluster.local/ns/shop/sa/client"[..])
        );
        assert_eq!(peer.dns_san.as_deref(), Some(&b"first.dns"[..]));
        assert_eq!(
            peer.subject,
            "CN=client \\\"q\\\",OU=b+OU=a,O=Shop\\, Inc/x,ST=BY,C=DE"
        );
        assert_eq!(peer.sha256_digest, DIGEST);
        assert_eq!(peer.pem.as_deref(), Some(CLIENT.as_bytes()));
    }

    const DIGEST: &str = "b8e5997c125b4b24d1bee80c4e539fb800cb643192b5dc32c569430855d04998";

    #[test]
    fn a_certificate_without_names_has_none_and_an_empty_subject() {
        let peer = PeerCertificate::from_pem(BARE).unwrap();
        assert_eq!(
            (peer.uri_san, peer.dns_san, peer.subject.as_str()),
            (None, None, "")
        );
    }

    #[test]
    fn what_is_no_certificate_is_an_error_that_says_why() {
        let der = der_of(BARE.as_bytes()).unwrap();
        let of_der = |der: &[u8]| PeerCertificate::from_der(der).unwrap_err();
        assert_eq!(
            PeerCertificate::from_pem("x").unwrap_err(),
            CertificateError::NoPemBlock
        );
        assert_eq!(of_der(b""), CertificateError::NoCertificate);
        assert_eq!(of_der(&der[1..]), CertificateError::NoCertificate);
        assert_eq!(
            of_der(&[&der[..], b"x"].concat()),
            CertificateError::NoCertificate
        );
    }
}
