//! [`Leaf`]: what the peer's certificate says, described in the request document or given itself.

use std::borrow::Cow;

use serde_json::Value;
use time::OffsetDateTime;

use super::documents::{field, list, text, text_field};
use super::request::read_time;
use super::x509;

/// A certificate.
pub(super) struct Leaf<'d> {
    pub(super) uri_sans: Vec<Cow<'d, [u8]>>,
    pub(super) dns_sans: Vec<String>,
    pub(super) not_before: Option<OffsetDateTime>,
    pub(super) not_after: Option<OffsetDateTime>,
    /// As [`hexadecimal`] writes it, likewise the digest.
    pub(super) serial_number: Option<String>,
    pub(super) sha256_digest: Option<String>,
    /// Two digits a byte, in lower case.
    pub(super) issuer_key_id: Option<String>,
    /// Whether X509-SVID lets it authenticate, whatever its name is. A described certificate is otherwise valid.
    pub(super) may_authenticate: bool,
}

impl<'d> Leaf<'d> {
    pub(super) fn read(document: &'d Value) -> Result<Self, String> {
        match text_field(document, "certificatePem")? {
            Some(pem) => x509::read_pem(pem),
            None => Self::described(document),
        }
    }

    fn described(document: &'d Value) -> Result<Self, String> {
        let texts = |name| {
            list(document, name)?
                .iter()
                .map(text)
                .collect::<Result<Vec<_>, String>>()
        };
        let time = |name| text_field(document, name)?.map(read_time).transpose();
        let digits = |name| Ok::<_, String>(text_field(document, name)?.map(bare));
        let uri_sans = match field(document, "spiffeId") {
            Some(id) => vec![text(id)?],
            None => texts("uriSans")?,
        };
        Ok(Self {
            uri_sans: uri_sans
                .into_iter()
                .map(|san| Cow::Borrowed(san.as_bytes()))
                .collect(),
            dns_sans: texts("dnsSans")?.into_iter().map(str::to_owned).collect(),
            not_before: time("notBefore")?,
            not_after: time("notAfter")?,
            serial_number: digits("serialNumber")?.map(|digits| without_leading_zeros(&digits)),
            sha256_digest: digits("sha256Digest")?.map(|digits| without_leading_zeros(&digits)),
            issuer_key_id: digits("issuerKeyId")?,
            may_authenticate: true,
        })
    }
}

/// Hexadecimal digits without colons, in lower case.
pub(super) fn bare(digits: &str) -> String {
    digits.replace(':', "").to_ascii_lowercase()
}

/// A number as digits, without leading zeros; zero is none.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    without_leading_zeros(&digits)
}

/// "Hex, colons between bytes allowed, leading zeros ignored".
pub(super) fn without_leading_zeros(digits: &str) -> String {
    digits.trim_start_matches('0').to_owned()
}
