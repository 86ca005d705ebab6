//! [`LeafFacts`]: what a peer's certificate says, as far as anybody asks.

use time::OffsetDateTime;

/// What a leaf certificate says, or what a request document says in its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LeafFacts {
    /// The URI SANs, byte for byte, in their order.
    pub uri_sans: Vec<Vec<u8>>,
    /// The DNS SANs in their order.
    pub dns_sans: Vec<String>,
    /// The first moment of its validity.
    pub not_before: Option<OffsetDateTime>,
    /// The last moment of its validity.
    pub not_after: Option<OffsetDateTime>,
    /// The serial number without leading zeros.
    pub serial: Option<Vec<u8>>,
    /// The authority key identifier (RFC 5280, section 4.2.1.1).
    pub issuer_key_id: Option<Vec<u8>>,
    /// Whether it may sign certificates: `cA` of the basic constraints, which are false where they are left out.
    pub is_authority: bool,
    /// What the key may be used for.
    pub key_usage: KeyUsage,
    /// Which purposes of TLS the key is for.
    pub extended_key_usage: ExtendedKeyUsage,
    /// What names its holder.
    pub holder: Holder,
}

/// The key usage extension (RFC 5280, section 4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUsage {
    /// There is none.
    Absent,
    /// There is one that verifiers may pass over.
    NotCritical,
    /// There is one that binds.
    Critical {
        /// digitalSignature.
        digital_signature: bool,
        /// keyCertSign or cRLSign.
        signs_for_authority: bool,
    },
}

/// The extended key usage extension (RFC 5280, section 4.2.1.12).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExtendedKeyUsage {
    /// There is none.
    Absent,
    /// The purposes that stand in it.
    Given {
        /// id-kp-serverAuth.
        server_auth: bool,
        /// id-kp-clientAuth.
        client_auth: bool,
    },
}

/// What names the holder of a certificate (RFC 5280, section 4.2.1.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holder {
    /// The subject is not empty.
    Subject,
    /// The subject is empty, and the SAN extension is critical or not there.
    CriticalSan,
    /// The subject is empty, and verifiers may pass over the SAN extension.
    NotCriticalSan,
}

/// A leaf without a name, to which X509-SVID has no other objection.
impl Default for LeafFacts {
    fn default() -> Self {
        Self {
            uri_sans: Vec::new(),
            dns_sans: Vec::new(),
            not_before: None,
            not_after: None,
            serial: None,
            issuer_key_id: None,
            is_authority: false,
            key_usage: KeyUsage::Critical {
                digital_signature: true,
                signs_for_authority: false,
            },
            extended_key_usage: ExtendedKeyUsage::Absent,
            holder: Holder::CriticalSan,
        }
    }
}

/// A number's bytes without leading zeros; none for zero.
pub(crate) fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}
