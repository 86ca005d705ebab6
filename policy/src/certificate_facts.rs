//! Reading [`LeafFacts`] from a certificate: what stands in its fields and extensions, each read whole or not at all.

use x509_parser::asn1_rs::{Any, Class, FromDer as _, Sequence, Tag};
use x509_parser::extensions::{GeneralName, ParsedExtension, SubjectAlternativeName, X509Extension};
use x509_parser::oid_registry::{
    OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER, OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_KEY_USAGE, OID_X509_EXT_SUBJECT_ALT_NAME,
};
use x509_parser::prelude::X509Certificate;

use crate::certificate_error::CertificateError;
use crate::certificate_extension::only;
use crate::leaf_facts::{ExtendedKeyUsage, Holder, KeyUsage, LeafFacts, without_leading_zeros};

/// The tags of two kinds of `GeneralName` (RFC 5280, section 4.2.1.6).
const DNS_NAME: Tag = Tag(2);
const URI: Tag = Tag(6);

/// What a certificate says.
pub(crate) fn read_facts(certificate: &X509Certificate<'_>) -> Result<LeafFacts, CertificateError> {
    let validity = certificate.validity();
    let names = Names::read(certificate)?;
    Ok(LeafFacts {
        uri_sans: names.uri_sans,
        dns_sans: names.dns_sans,
        not_before: Some(validity.not_before.to_datetime()),
        not_after: Some(validity.not_after.to_datetime()),
        serial: Some(without_leading_zeros(certificate.raw_serial()).to_vec()),
        issuer_key_id: issuer_key_id(certificate)?,
        is_authority: is_authority(certificate)?,
        key_usage: key_usage(certificate)?,
        extended_key_usage: extended_key_usage(certificate)?,
        holder: names.holder,
    })
}

/// The subject and the SAN extension.
struct Names {
    uri_sans: Vec<Vec<u8>>,
    dns_sans: Vec<String>,
    holder: Holder,
}

impl Names {
    fn read(certificate: &X509Certificate<'_>) -> Result<Self, CertificateError> {
        let has_subject = certificate.subject().iter().next().is_some();
        let extension = only(
            certificate,
            &OID_X509_EXT_SUBJECT_ALT_NAME,
            SUBJECT_ALTERNATIVE_NAME,
            |extension| Some((extension.critical, alternative_names(extension)?)),
        )?;
        let mut names = Self {
            uri_sans: Vec::new(),
            dns_sans: Vec::new(),
            holder: match extension {
                _ if has_subject => Holder::Subject,
                Some((false, _)) => Holder::NotCriticalSan,
                Some((true, _)) | None => Holder::CriticalSan,
            },
        };
        let given = extension.iter().flat_map(|(_, names)| &names.general_names);
        for name in given {
            names.read_name(name)?;
        }
        Ok(names)
    }

    fn read_name(&mut self, name: &GeneralName<'_>) -> Result<(), CertificateError> {
        match name {
            GeneralName::URI(uri) => self.uri_sans.push(uri.as_bytes().to_vec()),
            GeneralName::Invalid(tag, bytes) if *tag == URI => self.uri_sans.push(bytes.to_vec()),
            GeneralName::DNSName(name) => self.dns_sans.push((*name).to_owned()),
            GeneralName::Invalid(tag, bytes) if *tag == DNS_NAME => {
                return Err(CertificateError::Extension {
                    extension: SUBJECT_ALTERNATIVE_NAME,
                    reason: format!("the DNS SAN `{}` is not text", bytes.escape_ascii()),
                });
            }
            // Nobody asks for these.
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

const SUBJECT_ALTERNATIVE_NAME: &str = "subject alternative name";

fn alternative_names<'c>(extension: &'c X509Extension<'_>) -> Option<&'c SubjectAlternativeName<'c>> {
    let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension() else {
        return None;
    };
    has_tagged_names(extension.value).then_some(names)
}

/// Whether each name has a tag of its own (RFC 5280, section 4.2.1.6), and those that are text are in one piece. The parser
/// looks at the number of a tag alone.
fn has_tagged_names(value: &[u8]) -> bool {
    let Ok((b"", sequence)) = Sequence::from_der(value) else {
        return false;
    };
    let mut rest = sequence.content.as_ref();
    while !rest.is_empty() {
        let Ok((after, name)) = Any::from_der(rest) else {
            return false;
        };
        let is_text = [DNS_NAME, URI].contains(&name.tag());
        if name.class() != Class::ContextSpecific || (is_text && name.header.is_constructed()) {
            return false;
        }
        rest = after;
    }
    true
}

fn is_authority(certificate: &X509Certificate<'_>) -> Result<bool, CertificateError> {
    let read = |extension: &X509Extension<'_>| {
        let ParsedExtension::BasicConstraints(constraints) = extension.parsed_extension() else {
            return None;
        };
        Some(constraints.ca)
    };
    let given = only(
        certificate,
        &OID_X509_EXT_BASIC_CONSTRAINTS,
        "basic constraints",
        read,
    )?;
    Ok(given.unwrap_or(false))
}

fn key_usage(certificate: &X509Certificate<'_>) -> Result<KeyUsage, CertificateError> {
    let read = |extension: &X509Extension<'_>| {
        let ParsedExtension::KeyUsage(usage) = extension.parsed_extension() else {
            return None;
        };
        Some(if extension.critical {
            KeyUsage::Critical {
                digital_signature: usage.digital_signature(),
                signs_for_authority: usage.key_cert_sign() || usage.crl_sign(),
            }
        } else {
            KeyUsage::NotCritical
        })
    };
    let given = only(certificate, &OID_X509_EXT_KEY_USAGE, "key usage", read)?;
    Ok(given.unwrap_or(KeyUsage::Absent))
}

fn extended_key_usage(certificate: &X509Certificate<'_>) -> Result<ExtendedKeyUsage, CertificateError> {
    let read = |extension: &X509Extension<'_>| {
        let ParsedExtension::ExtendedKeyUsage(usage) = extension.parsed_extension() else {
            return None;
        };
        Some(ExtendedKeyUsage::Given {
            server_auth: usage.server_auth,
            client_auth: usage.client_auth,
        })
    };
    let given = only(
        certificate,
        &OID_X509_EXT_EXTENDED_KEY_USAGE,
        "extended key usage",
        read,
    )?;
    Ok(given.unwrap_or(ExtendedKeyUsage::Absent))
}

fn issuer_key_id(certificate: &X509Certificate<'_>) -> Result<Option<Vec<u8>>, CertificateError> {
    let read = |extension: &X509Extension<'_>| {
        let ParsedExtension::AuthorityKeyIdentifier(identifier) = extension.parsed_extension() else {
            return None;
        };
        let key_id = identifier.key_identifier.as_ref().map(|id| id.0.to_vec());
        has_fields_in_order(extension.value).then_some(key_id)
    };
    let given = only(
        certificate,
        &OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
        "authority key identifier",
        read,
    )?;
    Ok(given.flatten())
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

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "a test builds DER by adding lengths"
)]
mod tests {
    use super::*;
    use crate::leaf_certificate::{LeafCertificate, der_of_pem};
    use time::OffsetDateTime;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    const SVID: &str = include_str!("../tests/certificates/svid.pem");
    const FRONTEND: &str = include_str!("../tests/certificates/frontend.pem");
    const AUTHORITY: &str = include_str!("../tests/certificates/authority.pem");
    const NOTHING_CRITICAL: &str = include_str!("../tests/certificates/nothing-critical.pem");
    const TWO_URI_SANS: &str = include_str!("../tests/certificates/two-uri-sans.pem");
    const NO_SAN: &str = include_str!("../tests/certificates/no-san.pem");
    const SAN_IS_NO_LIST: &str = include_str!("../tests/certificates/san-is-no-list.pem");
    const DNS_SAN_IS_NO_TEXT: &str = include_str!("../tests/certificates/dns-san-is-no-text.pem");
    const URI_SAN_IS_NO_TEXT: &str = include_str!("../tests/certificates/uri-san-is-no-text.pem");

    const BEGIN_OF_2026: i64 = 1_767_225_600;
    const END_OF_JANUARY_2027: i64 = 1_801_418_400;
    const END_OF_2099: i64 = 4_102_444_799;

    fn facts_of(der: &[u8]) -> Result<LeafFacts, CertificateError> {
        LeafCertificate::from_der(der).map(|leaf| leaf.facts().clone())
    }

    fn read_pem(pem: &str) -> Result<LeafFacts, CertificateError> {
        facts_of(&der(pem))
    }

    fn der(pem: &str) -> Vec<u8> {
        der_of_pem(pem.as_bytes()).unwrap()
    }

    fn at(seconds: i64) -> Option<OffsetDateTime> {
        Some(OffsetDateTime::from_unix_timestamp(seconds).unwrap())
    }

    /// Where these bytes begin.
    fn place(der: &[u8], bytes: &[u8]) -> usize {
        der.windows(bytes.len())
            .position(|window| window == bytes)
            .unwrap()
    }

    /// The serial number: a positive one of 20 bytes, behind the version.
    fn serial(der: &[u8]) -> Vec<u8> {
        let start = place(der, &[0xa0, 3, 2, 1, 2, 2, 20]) + 7;
        der[start..start + 20].to_vec()
    }

    #[test]
    fn a_certificate_says_its_names_its_validity_its_serial_number_its_issuers_key_and_its_uses() {
        let expected = LeafFacts {
            uri_sans: vec![b"spiffe://cluster.local/ns/shop/sa/orders".to_vec()],
            dns_sans: vec![
                "orders.shop.example".to_owned(),
                "*.orders.shop.example".to_owned(),
            ],
            not_before: at(BEGIN_OF_2026),
            not_after: at(END_OF_JANUARY_2027),
            serial: Some(serial(&der(SVID))),
            issuer_key_id: Some((1..=20).collect()),
            is_authority: false,
            key_usage: KeyUsage::Critical {
                digital_signature: true,
                signs_for_authority: false,
            },
            extended_key_usage: ExtendedKeyUsage::Given {
                server_auth: true,
                client_auth: true,
            },
            holder: Holder::CriticalSan,
        };
        assert_eq!(read_pem(SVID).unwrap(), expected);
    }

    #[test]
    fn what_a_key_may_be_used_for_is_read_with_what_binds() {
        let authority = read_pem(AUTHORITY).unwrap();
        assert!(authority.is_authority);
        let signs = KeyUsage::Critical {
            digital_signature: false,
            signs_for_authority: true,
        };
        assert_eq!(authority.key_usage, signs);
        let client = ExtendedKeyUsage::Given {
            server_auth: false,
            client_auth: true,
        };
        assert_eq!(authority.extended_key_usage, client);
        let loose = read_pem(NOTHING_CRITICAL).unwrap();
        assert!(!loose.is_authority);
        assert_eq!(loose.key_usage, KeyUsage::NotCritical);
        let server = ExtendedKeyUsage::Given {
            server_auth: true,
            client_auth: false,
        };
        assert_eq!(loose.extended_key_usage, server);
    }

    #[test]
    fn the_holder_is_the_subject_or_else_the_san() {
        let holder = |pem| read_pem(pem).unwrap().holder;
        assert_eq!(holder(FRONTEND), Holder::Subject);
        assert_eq!(holder(SVID), Holder::CriticalSan);
        assert_eq!(holder(NO_SAN), Holder::CriticalSan);
        assert_eq!(holder(NOTHING_CRITICAL), Holder::NotCriticalSan);
    }

    #[test]
    fn the_names_keep_their_order_and_the_century() {
        let facts = read_pem(TWO_URI_SANS).unwrap();
        assert_eq!(facts.uri_sans, [&b"spiffe://a/b"[..], b"https://c/d"]);
        assert_eq!(facts.not_after, at(END_OF_2099));
        assert_eq!((facts.dns_sans, facts.issuer_key_id), (vec![], None));
    }

    #[test]
    fn what_a_certificate_does_not_say_is_left_out() {
        let facts = read_pem(NO_SAN).unwrap();
        let expected = LeafFacts {
            not_before: at(BEGIN_OF_2026),
            not_after: at(END_OF_JANUARY_2027),
            serial: Some(serial(&der(NO_SAN))),
            key_usage: KeyUsage::Absent,
            ..LeafFacts::default()
        };
        assert_eq!(facts, expected);
    }

    #[test]
    fn a_serial_number_has_no_leading_zeros() {
        let mut der = der(SVID);
        let start = place(&der, &[0xa0, 3, 2, 1, 2, 2, 20]) + 7;
        der[start..start + 2].copy_from_slice(&[0, 0x80]);
        let serial = facts_of(&der).unwrap().serial.unwrap();
        assert_eq!((serial.len(), serial[0]), (19, 0x80));
    }

    #[test]
    fn a_uri_san_is_kept_byte_for_byte_and_a_dns_san_must_be_text() {
        assert_eq!(read_pem(URI_SAN_IS_NO_TEXT).unwrap().uri_sans, [b"\xff"]);
        let error = read_pem(DNS_SAN_IS_NO_TEXT).unwrap_err().to_string();
        assert_eq!(error, r"subject alternative name: the DNS SAN `\xff` is not text");
    }

    #[test]
    fn an_extension_that_does_not_parse_spoils_the_certificate() {
        let error = read_pem(SAN_IS_NO_LIST).unwrap_err();
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
        let error = facts_of(&der).unwrap_err();
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
            let error = facts_of(&der).unwrap_err();
            assert!(error.to_string().starts_with(extension), "{error}");
        }
    }

    #[test]
    fn bytes_behind_the_value_of_an_extension_spoil_the_certificate() {
        // The key usage is three bytes shorter and the three stay where they are.
        let mut der = der(SVID);
        let usage = place(&der, &[0x04, 4, 3, 2, 7, 0x80]);
        der[usage + 3] = 1;
        der[usage + 4] = 0;
        let error = facts_of(&der).unwrap_err();
        assert!(error.to_string().starts_with("key usage"), "{error}");
    }

    #[test]
    fn a_name_has_a_tag_of_its_own_and_is_in_one_piece() {
        for value in [
            &[0x30, 0][..],
            &[0x30, 3, 0x86, 1, b'a'],
            &[0x30, 4, 0xa4, 2, 0x30, 0],
        ] {
            assert!(has_tagged_names(value), "{value:?}");
        }
        for value in [
            &[][..],
            &[0x31, 0],
            &[0x30, 3, 0x06, 1, b'a'],
            &[0x30, 3, 0x46, 1, b'a'],
            &[0x30, 3, 0xa6, 1, b'a'],
            &[0x30, 3, 0xa2, 1, b'a'],
            &[0x30, 2, 0x86, 1],
        ] {
            assert!(!has_tagged_names(value), "{value:?}");
        }
    }
}
