//! `peer` of a request document: the certificate that the peer presented, or what another listener says of it.

use sha2::{Digest as _, Sha256};

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::time::time;
use crate::config::values::text;
use crate::leaf_certificate::{LeafCertificate, der_of_pem};
use crate::leaf_facts::{LeafFacts, without_leading_zeros};
use crate::request_document::read::{read_bytes, read_hex};

/// The names of which a document writes one at most: each says who the peer is.
const FORMS: [&str; 4] = ["spiffeId", "uriSans", "certificatePem", "filterState"];

/// A peer that is not plaintext.
#[derive(Clone, Debug)]
pub(crate) enum PeerDocument {
    /// A certificate that the proxy validated.
    Certificate(Box<CertificateDocument>),
    /// The filter state in which a listener in front hands on its URI SANs.
    HandedOn(Vec<u8>),
}

/// A certificate, itself or described.
#[derive(Clone, Debug)]
pub(crate) struct CertificateDocument {
    pub(crate) leaf: LeafCertificate,
    pub(crate) pem: Option<String>,
    /// Empty for a certificate that is described: no list of digests can have it.
    pub(crate) digest: Vec<u8>,
}

impl PeerDocument {
    pub(crate) fn certificate(&self) -> Option<&CertificateDocument> {
        match self {
            Self::Certificate(certificate) => Some(certificate),
            Self::HandedOn(_) => None,
        }
    }

    pub(crate) fn handed_on(&self) -> Option<&[u8]> {
        match self {
            Self::Certificate(_) => None,
            Self::HandedOn(text) => Some(text),
        }
    }

    /// `{"spiffeId": "..."}`, an SVID with this one URI SAN, or `{"uriSans": [...]}`, all of them, each with what else is
    /// asked of a certificate; or `{"certificatePem": "..."}`, which says it all; or `{"filterState": "..."}`.
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        if FORMS.into_iter().filter(|name| fields.has(name)).count() > 1 {
            let why = "`spiffeId`, `uriSans`, `certificatePem` and `filterState` exclude each other";
            problems.add(at, ConfigErrorKind::Conflict(why));
        }
        let peer = if fields.has("filterState") {
            fields
                .optional("filterState", problems, read_bytes)
                .map(Self::HandedOn)
        } else {
            let certificate = CertificateDocument::read(&mut fields, at, problems);
            certificate.map(|certificate| Self::Certificate(Box::new(certificate)))
        };
        fields.finish(problems);
        peer
    }
}

impl CertificateDocument {
    fn read(fields: &mut Fields<'_, '_>, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        match fields.optional("certificatePem", problems, text) {
            Some(pem) => read_pem(pem, &at.field("certificatePem"), problems),
            None => Some(read_described(fields, problems)),
        }
    }
}

fn read_pem(pem: String, at: &FieldPath<'_>, problems: &mut Problems) -> Option<CertificateDocument> {
    let read = der_of_pem(pem.as_bytes()).and_then(|der| {
        let digest = Sha256::digest(&der).to_vec();
        Ok((LeafCertificate::from_der(&der)?, digest))
    });
    match read {
        Ok((leaf, digest)) => Some(CertificateDocument {
            leaf,
            pem: Some(pem),
            digest,
        }),
        Err(error) => {
            problems.invalid(at, &pem, format!("a certificate: {error}"));
            None
        }
    }
}

fn read_described(fields: &mut Fields<'_, '_>, problems: &mut Problems) -> CertificateDocument {
    let digest = fields.optional("sha256Digest", problems, read_hex);
    CertificateDocument {
        leaf: LeafCertificate::new(read_facts(fields, problems)),
        pem: None,
        digest: digest.unwrap_or_default(),
    }
}

fn read_facts(fields: &mut Fields<'_, '_>, problems: &mut Problems) -> LeafFacts {
    let id = fields
        .optional("spiffeId", problems, text)
        .map(String::into_bytes);
    let mut texts = |name| fields.list(name, problems, text).unwrap_or_default();
    let uri_sans = texts("uriSans").into_iter().map(|(_, san)| san.into_bytes());
    let uri_sans = id.into_iter().chain(uri_sans).collect();
    let dns_sans = texts("dnsSans").into_iter().map(|(_, san)| san).collect();
    let serial = fields.optional("serialNumber", problems, read_hex);
    LeafFacts {
        uri_sans,
        dns_sans,
        not_before: fields.optional("notBefore", problems, time),
        not_after: fields.optional("notAfter", problems, time),
        serial: serial.map(|serial| without_leading_zeros(&serial).to_vec()),
        issuer_key_id: fields.optional("issuerKeyId", problems, read_hex),
        ..LeafFacts::default()
    }
}
