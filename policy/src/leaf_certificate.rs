//! [`LeafCertificate`]: what a peer's certificate says, as far as policies ask (E-9).

use std::borrow::Cow;

use percent_encoding::percent_decode;
use x509_parser::error::X509Error;
use x509_parser::nom;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::certificate_error::{CertificateError, MAX_BYTES};
use crate::certificate_facts::read_facts;
use crate::identity_error::IdentityError;
use crate::leaf_facts::LeafFacts;
use crate::query::has_valid_escapes;
use crate::spiffe_id::SpiffeId;
use crate::svid::svid;

/// How Envoy's URL-encoded PEM begins; plain PEM has a space there.
const URL_ENCODED_BEGIN: &[u8] = b"-----BEGIN%20";

/// A leaf certificate, and what X509-SVID says about it. No signature is verified: whether to trust it is the proxy's to
/// say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeafCertificate {
    facts: LeafFacts,
    /// Settled once: a certificate that was parsed is judged many times.
    svid: Result<SpiffeId, IdentityError>,
}

impl LeafCertificate {
    /// A certificate that says this.
    #[must_use]
    pub fn new(facts: LeafFacts) -> Self {
        let svid = svid(&facts);
        Self { facts, svid }
    }

    /// Reads one certificate from PEM, plain or URL-encoded as Envoy shows it. Lines around the block are passed
    /// over.
    ///
    /// # Errors
    /// When there is not exactly one block, or it is not a certificate.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        Self::from_der(&der_of_pem(pem)?)
    }

    /// Reads one certificate from DER.
    ///
    /// # Errors
    /// When the bytes are not exactly one certificate, or an extension that is read does not parse.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        at_most(der)?;
        let (rest, certificate) =
            X509Certificate::from_der(der).map_err(|error| CertificateError::X509(reason(error)))?;
        if !rest.is_empty() {
            return Err(CertificateError::TrailingBytes(rest.len()));
        }
        read_facts(&certificate).map(Self::new)
    }

    /// What it says.
    #[must_use]
    pub fn facts(&self) -> &LeafFacts {
        &self.facts
    }

    /// The SPIFFE ID of the workload that it authenticates, as far as that hangs on the certificate alone.
    ///
    /// # Errors
    /// The first rule of X509-SVID that it breaks: `NoSvid`, `MultipleUriSans`, `MalformedSpiffeId`, `NotALeafSvid`.
    pub fn svid(&self) -> Result<&SpiffeId, IdentityError> {
        self.svid.as_ref().map_err(|error| *error)
    }
}

/// The bytes of the one certificate in PEM.
pub(crate) fn der_of_pem(pem: &[u8]) -> Result<Vec<u8>, CertificateError> {
    at_most(pem)?;
    let pem = without_url_encoding(pem)?;
    let mut blocks: Vec<Pem> = Pem::iter_from_buffer(&pem)
        .collect::<Result<_, _>>()
        .map_err(|error| CertificateError::Pem(error.to_string()))?;
    match (blocks.pop(), blocks.len()) {
        (Some(block), 0) if block.label == "CERTIFICATE" => Ok(block.contents),
        (Some(block), 0) => Err(CertificateError::Label(block.label)),
        (Some(_), others) => Err(CertificateError::Blocks(others.saturating_add(1))),
        (None, _) => Err(CertificateError::Blocks(0)),
    }
}

fn at_most(bytes: &[u8]) -> Result<(), CertificateError> {
    if bytes.len() > MAX_BYTES {
        return Err(CertificateError::TooLarge(bytes.len()));
    }
    Ok(())
}

fn without_url_encoding(pem: &[u8]) -> Result<Cow<'_, [u8]>, CertificateError> {
    if !pem.starts_with(URL_ENCODED_BEGIN) {
        return Ok(Cow::Borrowed(pem));
    }
    if !has_valid_escapes(pem) {
        return Err(CertificateError::Escape);
    }
    Ok(percent_decode(pem).into())
}

fn reason(error: nom::Err<X509Error>) -> String {
    match error {
        nom::Err::Incomplete(_) => "it ends too early".to_owned(),
        nom::Err::Error(error) | nom::Err::Failure(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const SVID: &str = include_str!("../tests/certificates/svid.pem");
    fn read(pem: &str) -> Result<LeafCertificate, CertificateError> {
        LeafCertificate::from_pem(pem.as_bytes())
    }

    fn der(pem: &str) -> Vec<u8> {
        Pem::iter_from_buffer(pem.as_bytes())
            .next()
            .unwrap()
            .unwrap()
            .contents
    }

    /// As Envoy writes it: everything escaped but what no URL gives a meaning to.
    fn url_encoded(pem: &str) -> String {
        let escape = |byte: u8| match byte {
            b'-' | b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        };
        pem.bytes().map(escape).collect()
    }

    #[test]
    fn a_certificate_reads_the_same_from_pem_in_either_form_and_from_der() {
        let leaf = read(SVID).unwrap();
        assert_eq!(read(&url_encoded(SVID)).as_ref(), Ok(&leaf));
        assert_eq!(LeafCertificate::from_der(&der(SVID)).as_ref(), Ok(&leaf));
        assert_eq!(
            leaf.svid().unwrap().as_str(),
            "spiffe://cluster.local/ns/shop/sa/orders"
        );
    }

    #[test]
    fn what_x509_svid_says_is_settled_when_it_is_parsed() {
        let two = read(include_str!("../tests/certificates/two-uri-sans.pem")).unwrap();
        assert_eq!(two.svid(), Err(IdentityError::MultipleUriSans));
        for not_a_leaf in [
            include_str!("../tests/certificates/authority.pem"),
            include_str!("../tests/certificates/nothing-critical.pem"),
        ] {
            assert_eq!(read(not_a_leaf).unwrap().svid(), Err(IdentityError::NotALeafSvid));
        }
    }

    #[test]
    fn lines_around_the_block_are_passed_over() {
        assert_eq!(read(&format!("subject: 100%\n\n{SVID}\nend\n")), read(SVID));
        assert_eq!(read(&SVID.replace('\n', "\r\n")), read(SVID));
        assert_eq!(read(SVID.trim_end()), read(SVID));
    }

    #[test]
    fn there_is_one_block_and_it_is_a_certificate() {
        let key = SVID.replace("CERTIFICATE", "PRIVATE KEY");
        assert_eq!(read(&key), Err(CertificateError::Label("PRIVATE KEY".to_owned())));
        assert_eq!(read(&format!("{SVID}{SVID}")), Err(CertificateError::Blocks(2)));
        assert_eq!(read(&format!("{SVID}{key}")), Err(CertificateError::Blocks(2)));
        for text in ["", "\n", "x", "-----END CERTIFICATE-----"] {
            assert_eq!(read(text), Err(CertificateError::Blocks(0)), "{text}");
        }
    }

    #[test]
    fn damaged_pem_is_refused_with_its_reason() {
        for (text, expected) in [
            ("-----BEGIN CERTIFICATE-----\nMIIB", "not PEM: incomplete PEM"),
            (
                "-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----\n",
                "not PEM: base64 decode error",
            ),
            (
                "-----BEGIN%20CERTIFICATE-----%0",
                "a `%` without two hexadecimal digits",
            ),
            (
                "-----BEGIN%20CERTIFICATE-----%zz",
                "a `%` without two hexadecimal digits",
            ),
            ("-----BEGIN%20CERTIFICATE-----%0AMIIB", "not PEM: incomplete PEM"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), expected, "{text}");
        }
        let empty = read("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n").unwrap_err();
        assert!(matches!(empty, CertificateError::X509(_)), "{empty}");
    }

    #[test]
    fn der_is_one_whole_certificate() {
        let whole = der(SVID);
        for length in 0..whole.len() {
            let error = LeafCertificate::from_der(&whole[..length]).unwrap_err();
            assert!(matches!(error, CertificateError::X509(_)), "{length}: {error}");
        }
        let longer = [whole.as_slice(), b"xy"].concat();
        assert_eq!(
            LeafCertificate::from_der(&longer),
            Err(CertificateError::TrailingBytes(2))
        );
    }

    #[test]
    fn the_size_is_bounded() {
        let padded = |length: usize| format!("{SVID}{}", "\n".repeat(length - SVID.len()));
        assert_eq!(read(&padded(MAX_BYTES)), read(SVID));
        assert_eq!(
            read(&padded(MAX_BYTES + 1)),
            Err(CertificateError::TooLarge(MAX_BYTES + 1))
        );
        let error = LeafCertificate::from_der(&vec![0x30; MAX_BYTES + 1]).unwrap_err();
        assert_eq!(error, CertificateError::TooLarge(MAX_BYTES + 1));
    }
}
