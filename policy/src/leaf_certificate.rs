//! [`LeafCertificate`]: what a peer's certificate says, as far as policies ask (E-9).

use std::borrow::Cow;

use percent_encoding::percent_decode;
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Any, Class, Sequence, Tag};
use x509_parser::error::X509Error;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::nom;
use x509_parser::oid_registry::OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::query::has_valid_escapes;

/// The largest certificate that is read, as PEM or DER.
const MAX_BYTES: usize = 64 << 10;
/// How Envoy's URL-encoded PEM begins; plain PEM has a space there.
const URL_ENCODED_BEGIN: &[u8] = b"-----BEGIN%20";

/// The facts of a leaf certificate. Nothing is verified: whether to trust it is the proxy's to say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LeafCertificate {
    /// The URI SANs, byte for byte, in their order.
    pub uri_sans: Vec<Vec<u8>>,
    /// The DNS SANs in their order.
    pub dns_sans: Vec<String>,
    /// The end of its validity.
    pub not_after: Option<OffsetDateTime>,
    /// The authority key identifier (RFC 5280, section 4.2.1.1).
    pub issuer_key_id: Option<Vec<u8>>,
}

/// Why bytes are not one certificate that can be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// More bytes than are read.
    #[error("{0} bytes, at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
    /// URL-encoded PEM with an invalid escape.
    #[error("a `%` without two hexadecimal digits")]
    Escape,
    /// What stands in the text is not PEM.
    #[error("not PEM: {0}")]
    Pem(String),
    /// None or more than one block of PEM.
    #[error("{0} blocks of PEM, expected one")]
    Blocks(usize),
    /// A block of PEM that holds something else.
    #[error("the PEM holds a `{0}`, expected a `CERTIFICATE`")]
    Label(String),
    /// The bytes are not an X.509 certificate.
    #[error("not X.509: {0}")]
    X509(String),
    /// Bytes after the certificate.
    #[error("{0} bytes after the certificate")]
    TrailingBytes(usize),
    /// An extension that is there twice or does not parse.
    #[error("{extension}: {reason}")]
    Extension {
        /// The extension's name.
        extension: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl LeafCertificate {
    /// Reads one certificate from PEM, plain or URL-encoded as Envoy shows it. Lines around the block are passed
    /// over.
    ///
    /// # Errors
    /// When there is not exactly one block, or it is not a certificate.
    pub fn from_pem(pem: &[u8]) -> Result<Self, CertificateError> {
        at_most(pem)?;
        let pem = without_url_encoding(pem)?;
        let blocks: Vec<Pem> = Pem::iter_from_buffer(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| CertificateError::Pem(error.to_string()))?;
        match blocks.as_slice() {
            [block] if block.label == "CERTIFICATE" => Self::from_der(&block.contents),
            [block] => Err(CertificateError::Label(block.label.clone())),
            blocks => Err(CertificateError::Blocks(blocks.len())),
        }
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
        let mut leaf = Self {
            not_after: Some(certificate.validity().not_after.to_datetime()),
            issuer_key_id: issuer_key_id(&certificate)?,
            ..Self::default()
        };
        leaf.read_subject_alternative_names(&certificate)?;
        Ok(leaf)
    }

    fn read_subject_alternative_names(
        &mut self,
        certificate: &X509Certificate<'_>,
    ) -> Result<(), CertificateError> {
        let names = certificate
            .subject_alternative_name()
            .map_err(|error| subject_alternative_name(error.to_string()))?;
        for name in names.iter().flat_map(|names| &names.value.general_names) {
            self.read_name(name)?;
        }
        Ok(())
    }

    fn read_name(&mut self, name: &GeneralName<'_>) -> Result<(), CertificateError> {
        match name {
            GeneralName::URI(uri) => self.uri_sans.push(uri.as_bytes().to_vec()),
            GeneralName::Invalid(tag, bytes) if *tag == URI => self.uri_sans.push(bytes.to_vec()),
            GeneralName::DNSName(name) => self.dns_sans.push((*name).to_owned()),
            GeneralName::Invalid(tag, bytes) if *tag == DNS_NAME => {
                let reason = format!("the DNS SAN `{}` is not text", bytes.escape_ascii());
                return Err(subject_alternative_name(reason));
            }
            // No policy asks for these.
            GeneralName::OtherName(..)
            | GeneralName::RFC822Name(_)
            | GeneralName::X400Address(_)
            | GeneralName::DirectoryName(_)
            | GeneralName::EDIPartyName(_)
            | GeneralName::IPAddress(_)
            | GeneralName::RegisteredID(_)
            | GeneralName::Invalid(..) => {}
        }
        Ok(())
    }
}

/// The tags of two kinds of `GeneralName` (RFC 5280, section 4.2.1.6).
const DNS_NAME: Tag = Tag(2);
const URI: Tag = Tag(6);

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

fn issuer_key_id(certificate: &X509Certificate<'_>) -> Result<Option<Vec<u8>>, CertificateError> {
    let error = |reason| CertificateError::Extension {
        extension: "authority key identifier",
        reason,
    };
    let extension = certificate
        .get_extension_unique(&OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER)
        .map_err(|reason| error(reason.to_string()))?;
    let Some(extension) = extension else {
        return Ok(None);
    };
    let ParsedExtension::AuthorityKeyIdentifier(identifier) = extension.parsed_extension() else {
        return Err(error(X509Error::InvalidExtensions.to_string()));
    };
    if !has_fields_in_order(extension.value) {
        return Err(error(X509Error::InvalidExtensions.to_string()));
    }
    Ok(identifier.key_identifier.as_ref().map(|key| key.0.to_vec()))
}

/// Whether an authority key identifier has its fields, `[0]` to `[2]`, each once at most and in their order. The
/// parser stops at what it does not expect, as if the rest were not there.
fn has_fields_in_order(value: &[u8]) -> bool {
    let Ok((b"", sequence)) = Sequence::from_der(value) else {
        return false;
    };
    let mut rest = sequence.content.as_ref();
    let mut next = 0;
    while !rest.is_empty() {
        match Any::from_der(rest) {
            Ok((after, field))
                if field.class() == Class::ContextSpecific && (next..=2).contains(&field.tag().0) =>
            {
                next = field.tag().0.saturating_add(1);
                rest = after;
            }
            Ok(_) | Err(_) => return false,
        }
    }
    true
}

fn subject_alternative_name(reason: String) -> CertificateError {
    CertificateError::Extension {
        extension: "subject alternative name",
        reason,
    }
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
    const TWO_URI_SANS: &str = include_str!("../tests/certificates/two-uri-sans.pem");
    const NO_SAN: &str = include_str!("../tests/certificates/no-san.pem");
    const SAN_IS_NO_LIST: &str = include_str!("../tests/certificates/san-is-no-list.pem");
    const DNS_SAN_IS_NO_TEXT: &str = include_str!("../tests/certificates/dns-san-is-no-text.pem");
    const URI_SAN_IS_NO_TEXT: &str = include_str!("../tests/certificates/uri-san-is-no-text.pem");

    const END_OF_JANUARY_2027: i64 = 1_801_418_400;
    const END_OF_2099: i64 = 4_102_444_799;

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

    fn at(seconds: i64) -> Option<OffsetDateTime> {
        Some(OffsetDateTime::from_unix_timestamp(seconds).unwrap())
    }

    #[test]
    fn a_certificate_says_its_names_its_end_and_its_issuers_key() {
        let expected = LeafCertificate {
            uri_sans: vec![b"spiffe://cluster.local/ns/shop/sa/orders".to_vec()],
            dns_sans: vec![
                "orders.shop.example".to_owned(),
                "*.orders.shop.example".to_owned(),
            ],
            not_after: at(END_OF_JANUARY_2027),
            issuer_key_id: Some((1..=20).collect()),
        };
        assert_eq!(read(SVID).unwrap(), expected);
        assert_eq!(read(&url_encoded(SVID)).unwrap(), expected);
        assert_eq!(LeafCertificate::from_der(&der(SVID)).unwrap(), expected);
    }

    #[test]
    fn the_names_keep_their_order_and_the_century() {
        let leaf = read(TWO_URI_SANS).unwrap();
        assert_eq!(leaf.uri_sans, [&b"spiffe://a/b"[..], b"https://c/d"]);
        assert_eq!(leaf.not_after, at(END_OF_2099));
        assert_eq!((leaf.dns_sans, leaf.issuer_key_id), (vec![], None));
    }

    #[test]
    fn what_a_certificate_does_not_say_is_left_out() {
        let leaf = read(NO_SAN).unwrap();
        let expected = LeafCertificate {
            not_after: at(END_OF_JANUARY_2027),
            ..LeafCertificate::default()
        };
        assert_eq!(leaf, expected);
    }

    #[test]
    fn a_uri_san_is_kept_byte_for_byte_and_a_dns_san_must_be_text() {
        assert_eq!(read(URI_SAN_IS_NO_TEXT).unwrap().uri_sans, [b"\xff"]);
        let error = read(DNS_SAN_IS_NO_TEXT).unwrap_err().to_string();
        assert_eq!(error, r"subject alternative name: the DNS SAN `\xff` is not text");
    }

    #[test]
    fn an_extension_that_does_not_parse_spoils_the_certificate() {
        let error = read(SAN_IS_NO_LIST).unwrap_err();
        assert!(
            matches!(
                error,
                CertificateError::Extension {
                    extension: "subject alternative name",
                    ..
                }
            ),
            "{error}"
        );
        // The key identifier's tag, once [0], becomes that of a boolean.
        let mut der = der(SVID);
        let key = der
            .windows(4)
            .position(|window| window == [0x80, 20, 1, 2])
            .unwrap();
        der[key] = 0x01;
        let error = LeafCertificate::from_der(&der).unwrap_err();
        assert!(
            matches!(
                error,
                CertificateError::Extension {
                    extension: "authority key identifier",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn an_authority_key_identifier_has_its_fields_once_and_in_their_order() {
        for value in [
            &[0x30, 0][..],
            &[0x30, 3, 0x80, 1, 9],
            &[0x30, 3, 0x82, 1, 9],
            &[0x30, 6, 0x80, 1, 9, 0x82, 1, 9],
        ] {
            assert!(has_fields_in_order(value), "{value:?}");
        }
        for value in [
            &[][..],
            &[0x30],
            &[0x31, 0],
            &[0x30, 0, 0],
            &[0x30, 3, 0x01, 1, 9],
            &[0x30, 3, 0x83, 1, 9],
            &[0x30, 6, 0x80, 1, 9, 0x80, 1, 9],
            &[0x30, 6, 0x82, 1, 9, 0x80, 1, 9],
            &[0x30, 2, 0x80, 1],
        ] {
            assert!(!has_fields_in_order(value), "{value:?}");
        }
    }

    #[test]
    fn an_extension_that_stands_twice_spoils_the_certificate() {
        // The subject key identifier (2.5.29.14) becomes a second SAN (2.5.29.17), or a second authority key identifier.
        for (last_arc, extension) in [(17, "subject alternative name"), (35, "authority key identifier")] {
            let mut der = der(SVID);
            let place = der
                .windows(5)
                .position(|window| window == [0x06, 3, 0x55, 0x1d, 14])
                .unwrap();
            der[place + 4] = last_arc;
            let error = LeafCertificate::from_der(&der).unwrap_err();
            assert!(error.to_string().starts_with(extension), "{error}");
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
