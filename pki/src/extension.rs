//! [`RawExtension`]: an extension that is written as it stands, for certificates that no issuer would hand out.

use rcgen::CustomExtension;

use crate::KeyUsage;
use crate::der;

const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
const SUBJECT_ALT_NAME: &[u64] = &[2, 5, 29, 17];
const AUTHORITY_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 35];

/// An extension of a leaf, with every byte of its content chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawExtension {
    oid: &'static [u64],
    criticality: Criticality,
    content: Vec<u8>,
}

/// Whether a reader that does not know an extension must refuse the certificate (RFC 5280, section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criticality {
    /// It must.
    Critical,
    /// It need not.
    NotCritical,
}

/// A subject alternative name of any bytes (RFC 5280, section 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AltName {
    /// An rfc822Name, which is a mail address.
    Email(Vec<u8>),
    /// A dNSName.
    Dns(Vec<u8>),
    /// A uniformResourceIdentifier.
    Uri(Vec<u8>),
}

impl RawExtension {
    /// The subject alternative names, in this order. Leave `uri_sans` and `dns_sans` of the request empty beside it.
    #[must_use]
    pub fn subject_alt_names(names: &[AltName], criticality: Criticality) -> Self {
        let names: Vec<u8> = names.iter().flat_map(AltName::to_der).collect();
        Self {
            oid: SUBJECT_ALT_NAME,
            criticality,
            content: der::element(der::SEQUENCE, &names),
        }
    }

    /// The key usages. Leave `key_usages` of the request empty beside it.
    #[must_use]
    pub fn key_usage(usages: &[KeyUsage], criticality: Criticality) -> Self {
        let bits = usages.iter().fold(0, |bits, usage| bits | usage.bit());
        Self {
            oid: KEY_USAGE,
            criticality,
            content: der::bit_string(bits),
        }
    }

    /// An authority key identifier with nothing but a key identifier.
    pub(crate) fn authority_key_id(key_id: &[u8]) -> Self {
        let key_id = der::element(der::CONTEXT_0, key_id);
        Self {
            oid: AUTHORITY_KEY_IDENTIFIER,
            criticality: Criticality::NotCritical,
            content: der::element(der::SEQUENCE, &key_id),
        }
    }

    pub(crate) fn to_rcgen(&self) -> CustomExtension {
        let mut extension = CustomExtension::from_oid_content(self.oid, self.content.clone());
        extension.set_criticality(self.criticality == Criticality::Critical);
        extension
    }
}

impl AltName {
    fn to_der(&self) -> Vec<u8> {
        match self {
            Self::Email(bytes) => der::element(der::CONTEXT_1, bytes),
            Self::Dns(bytes) => der::element(der::CONTEXT_2, bytes),
            Self::Uri(bytes) => der::element(der::CONTEXT_6, bytes),
        }
    }
}
