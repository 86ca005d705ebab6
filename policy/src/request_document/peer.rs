//! `peer` of a request document: the certificate that the peer presented.

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::time::time;
use crate::config::values::text;
use crate::leaf_certificate::LeafCertificate;
use crate::request_document::read::read_hex;

/// A certificate that the proxy validated.
#[derive(Clone, Debug)]
pub(crate) struct PeerDocument {
    leaf: LeafCertificate,
    pem: Option<String>,
}

impl PeerDocument {
    pub(crate) fn leaf(&self) -> &LeafCertificate {
        &self.leaf
    }

    pub(crate) fn pem(&self) -> Option<&str> {
        self.pem.as_deref()
    }

    /// `{"spiffeId": "..."}`, an SVID with this one URI SAN, or `{"uriSans": [...]}`, all of them, each with what
    /// conditions on the certificate ask for; or `{"certificatePem": "..."}`, which says it all.
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let given = ["spiffeId", "uriSans", "certificatePem"].map(|name| fields.has(name));
        if given.into_iter().filter(|given| *given).count() > 1 {
            let why = "`spiffeId`, `uriSans` and `certificatePem` exclude each other";
            problems.add(at, ConfigErrorKind::Conflict(why));
        }
        let pem = fields.optional("certificatePem", problems, text);
        let leaf = match &pem {
            Some(pem) => read_certificate(pem, &at.field("certificatePem"), problems),
            None => Some(read_leaf(&mut fields, problems)),
        };
        fields.finish(problems);
        Some(Self { leaf: leaf?, pem })
    }
}

fn read_certificate(pem: &str, at: &FieldPath<'_>, problems: &mut Problems) -> Option<LeafCertificate> {
    match LeafCertificate::from_pem(pem.as_bytes()) {
        Ok(leaf) => Some(leaf),
        Err(error) => {
            problems.invalid(at, pem, format!("a certificate: {error}"));
            None
        }
    }
}

fn read_leaf(fields: &mut Fields<'_, '_>, problems: &mut Problems) -> LeafCertificate {
    let id = fields
        .optional("spiffeId", problems, text)
        .map(String::into_bytes);
    let mut texts = |name| fields.list(name, problems, text).unwrap_or_default();
    let uri_sans = texts("uriSans").into_iter().map(|(_, san)| san.into_bytes());
    let uri_sans = id.into_iter().chain(uri_sans).collect();
    let dns_sans = texts("dnsSans").into_iter().map(|(_, san)| san).collect();
    LeafCertificate {
        uri_sans,
        dns_sans,
        not_after: fields.optional("notAfter", problems, time),
        issuer_key_id: fields.optional("issuerKeyId", problems, read_hex),
    }
}
