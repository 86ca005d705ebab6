//! What a leaf certificate says, well-formed or deliberately not.

use std::fmt;

use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

use crate::{PkiError, RawExtension};

/// The usual life of an SVID: short, because rotation is what makes a stolen one worthless.
const SVID_VALIDITY: Duration = Duration::hours(1);
/// The longest key identifier that [`AuthorityKeyId::Other`] takes; usual ones have 20 bytes.
const KEY_ID_MAX_BYTES: usize = 64;
/// Absorbs a clock that is a little behind ours.
const BACKDATE: Duration = Duration::minutes(1);

/// What a leaf is to say. Every field is written into the certificate as it stands, nothing is corrected.
///
/// Start from [`LeafRequest::svid`] and change the fields that a test needs to be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRequest {
    /// URI SANs in this order; any ASCII text. An X509-SVID has exactly one.
    pub uri_sans: Vec<String>,
    /// DNS SANs in this order, after the URI SANs; any ASCII text.
    pub dns_sans: Vec<String>,
    /// The subject's common name; `None` leaves the subject empty, which makes the SAN extension critical.
    pub common_name: Option<String>,
    /// The first moment of validity, in whole seconds.
    pub not_before: OffsetDateTime,
    /// The last moment of validity, in whole seconds.
    pub not_after: OffsetDateTime,
    /// The basic constraints extension.
    pub basic_constraints: BasicConstraints,
    /// The key usage extension, critical; left out if empty.
    pub key_usages: Vec<KeyUsage>,
    /// The extended key usage extension; left out if empty.
    pub extended_key_usages: Vec<ExtendedKeyUsage>,
    /// The authority key identifier extension.
    pub authority_key_id: AuthorityKeyId,
    /// The serial number.
    pub serial_number: SerialNumber,
    /// Extensions that are written as they stand, behind the others.
    pub raw_extensions: Vec<RawExtension>,
}

/// The serial number of a leaf.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SerialNumber {
    /// One that no other leaf has.
    Random,
    /// This number, most significant byte first.
    Chosen(Vec<u8>),
}

/// What a leaf says about the key that issued it (RFC 5280, section 4.2.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AuthorityKeyId {
    /// The identifier of the issuer's key.
    Issuers,
    /// Another key identifier.
    Other(Vec<u8>),
    /// Nothing: the extension is left out.
    LeftOut,
}

/// The `cA` flag of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasicConstraints {
    /// `cA` is false, as in every X509-SVID.
    EndEntity,
    /// `cA` is true: a signing certificate, which must never authenticate a workload.
    Authority,
}

/// The key usages that the X509-SVID specification speaks of (section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUsage {
    /// A leaf must have it.
    DigitalSignature,
    /// A leaf may have it.
    KeyEncipherment,
    /// A leaf must not have it.
    KeyCertSign,
    /// A leaf must not have it.
    CrlSign,
}

/// The extended key usages that the X509-SVID specification speaks of (section 4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendedKeyUsage {
    /// The certificate may authenticate a TLS server.
    ServerAuth,
    /// The certificate may authenticate a TLS client.
    ClientAuth,
}

/// An issued certificate and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedLeaf {
    /// The chain as PEM: the leaf alone, because a root CA signed it.
    pub certificate_pem: String,
    /// The private key as PKCS#8 PEM.
    pub private_key_pem: String,
}

impl LeafRequest {
    /// A proper X509-SVID: one URI SAN, `cA` false, key usage digitalSignature, extended key usage serverAuth and
    /// clientAuth, an empty subject, valid from a minute ago for one hour.
    #[must_use]
    pub fn svid(spiffe_id: &str) -> Self {
        let now = OffsetDateTime::now_utc();
        Self {
            uri_sans: vec![spiffe_id.to_owned()],
            dns_sans: Vec::new(),
            common_name: None,
            not_before: now.saturating_sub(BACKDATE),
            not_after: now.saturating_add(SVID_VALIDITY),
            basic_constraints: BasicConstraints::EndEntity,
            key_usages: vec![KeyUsage::DigitalSignature],
            extended_key_usages: vec![ExtendedKeyUsage::ServerAuth, ExtendedKeyUsage::ClientAuth],
            authority_key_id: AuthorityKeyId::Issuers,
            serial_number: SerialNumber::Random,
            raw_extensions: Vec::new(),
        }
    }

    /// The name that stands for the leaf in an error message.
    pub(crate) fn first_name(&self) -> &str {
        let names = self
            .uri_sans
            .iter()
            .chain(&self.dns_sans)
            .chain(&self.common_name);
        names
            .map(String::as_str)
            .next()
            .unwrap_or("a leaf without a name")
    }

    pub(crate) fn certificate_params(&self) -> Result<CertificateParams, PkiError> {
        let mut params = CertificateParams::default();
        params.not_before = self.not_before;
        params.not_after = self.not_after;
        params.distinguished_name = self.subject();
        params.subject_alt_names = self.subject_alt_names()?;
        params.is_ca = self.basic_constraints.to_rcgen();
        params.key_usages = self.key_usages.iter().map(|usage| usage.to_rcgen()).collect();
        params.extended_key_usages = self
            .extended_key_usages
            .iter()
            .map(|usage| usage.to_rcgen())
            .collect();
        params.use_authority_key_identifier_extension = self.authority_key_id == AuthorityKeyId::Issuers;
        params.serial_number = self.serial_number.to_rcgen();
        params.custom_extensions = self.custom_extensions()?;
        Ok(params)
    }

    fn custom_extensions(&self) -> Result<Vec<CustomExtension>, PkiError> {
        let authority_key_id = match &self.authority_key_id {
            AuthorityKeyId::Issuers | AuthorityKeyId::LeftOut => None,
            AuthorityKeyId::Other(key_id) => Some(key_identifier(key_id)?),
        };
        let raw = authority_key_id.iter().chain(&self.raw_extensions);
        Ok(raw.map(RawExtension::to_rcgen).collect())
    }

    fn subject(&self) -> DistinguishedName {
        let mut subject = DistinguishedName::new();
        if let Some(common_name) = &self.common_name {
            subject.push(DnType::CommonName, common_name.as_str());
        }
        subject
    }

    fn subject_alt_names(&self) -> Result<Vec<SanType>, PkiError> {
        let uris = self
            .uri_sans
            .iter()
            .map(|name| ia5("URI", name).map(SanType::URI));
        let dns = self
            .dns_sans
            .iter()
            .map(|name| ia5("DNS", name).map(SanType::DnsName));
        uris.chain(dns).collect()
    }
}

impl BasicConstraints {
    fn to_rcgen(self) -> IsCa {
        match self {
            Self::EndEntity => IsCa::ExplicitNoCa,
            Self::Authority => IsCa::Ca(rcgen::BasicConstraints::Unconstrained),
        }
    }
}

impl SerialNumber {
    fn to_rcgen(&self) -> Option<rcgen::SerialNumber> {
        match self {
            Self::Random => None,
            Self::Chosen(bytes) => Some(rcgen::SerialNumber::from_slice(bytes)),
        }
    }
}

impl KeyUsage {
    /// Its place among the named bits of the extension (RFC 5280, section 4.2.1.3).
    pub(crate) fn bit(self) -> u8 {
        match self {
            Self::DigitalSignature => 0b1000_0000,
            Self::KeyEncipherment => 0b0010_0000,
            Self::KeyCertSign => 0b0000_0100,
            Self::CrlSign => 0b0000_0010,
        }
    }

    fn to_rcgen(self) -> KeyUsagePurpose {
        match self {
            Self::DigitalSignature => KeyUsagePurpose::DigitalSignature,
            Self::KeyEncipherment => KeyUsagePurpose::KeyEncipherment,
            Self::KeyCertSign => KeyUsagePurpose::KeyCertSign,
            Self::CrlSign => KeyUsagePurpose::CrlSign,
        }
    }
}

impl ExtendedKeyUsage {
    fn to_rcgen(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
            Self::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
        }
    }
}

/// Shows the certificate and keeps the private key out of logs and failed assertions.
impl fmt::Debug for IssuedLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedLeaf")
            .field("certificate_pem", &self.certificate_pem)
            .finish_non_exhaustive()
    }
}

fn key_identifier(key_id: &[u8]) -> Result<RawExtension, PkiError> {
    if key_id.len() > KEY_ID_MAX_BYTES {
        return Err(PkiError::KeyIdTooLong { length: key_id.len() });
    }
    Ok(RawExtension::authority_key_id(key_id))
}

fn ia5(kind: &'static str, input: &str) -> Result<Ia5String, PkiError> {
    Ia5String::try_from(input).map_err(|_| PkiError::NotAscii {
        kind,
        input: input.to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use x509_parser::certificate::X509Certificate;
    use x509_parser::extensions::X509Extension;
    use x509_parser::oid_registry::OID_X509_EXT_SUBJECT_ALT_NAME;
    use x509_parser::pem::Pem;
    use x509_parser::prelude::{GeneralName, ParsedExtension};

    use super::*;
    use crate::{AltName, Criticality, DevelopmentCa};

    const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";

    fn inspect(request: &LeafRequest, check: impl FnOnce(&X509Certificate<'_>)) {
        let leaf = DevelopmentCa::new("cluster.local")
            .unwrap()
            .issue(request)
            .unwrap();
        let pem = Pem::iter_from_buffer(leaf.certificate_pem.as_bytes())
            .next()
            .unwrap()
            .unwrap();
        check(&pem.parse_x509().unwrap());
    }

    #[test]
    fn an_svid_satisfies_the_x509_svid_rules_for_a_leaf() {
        inspect(&LeafRequest::svid(ORDERS), |leaf| {
            let names = leaf.subject_alternative_name().unwrap().unwrap();
            assert_eq!(names.value.general_names, vec![GeneralName::URI(ORDERS)]);
            assert!(names.critical, "an empty subject makes the SAN critical");
            assert_eq!(leaf.subject().iter().count(), 0);
            assert!(!leaf.basic_constraints().unwrap().unwrap().value.ca);
            let usage = leaf.key_usage().unwrap().unwrap();
            assert!(usage.critical);
            assert_eq!(usage.value.to_string(), "Digital Signature");
            let extended = leaf.extended_key_usage().unwrap().unwrap().value;
            assert!(extended.server_auth && extended.client_auth);
        });
    }

    #[test]
    fn an_svid_lives_for_one_hour_from_now() {
        let before = OffsetDateTime::now_utc();
        inspect(&LeafRequest::svid(ORDERS), |leaf| {
            let left = leaf.validity().not_after.timestamp() - before.unix_timestamp();
            assert!((3_599..=3_660).contains(&left), "{left} s left");
            assert!(leaf.validity().not_before.timestamp() < before.unix_timestamp());
        });
    }

    #[test]
    fn any_ascii_text_can_be_a_uri_san() {
        let all_ascii: String = (0..=127_u8).map(char::from).collect();
        for text in [
            "",
            "spiffe://TD/",
            "spiffe://td//x,y?q#f",
            "a\0b\r\nc",
            &all_ascii,
        ] {
            let request = LeafRequest {
                uri_sans: vec![text.to_owned()],
                ..LeafRequest::svid(ORDERS)
            };
            inspect(&request, |leaf| {
                let names = leaf.subject_alternative_name().unwrap().unwrap().value;
                assert_eq!(names.general_names, vec![GeneralName::URI(text)]);
            });
        }
    }

    #[test]
    fn a_san_beyond_ascii_is_an_error_that_names_it() {
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        let uri = LeafRequest::svid("spiffe://cluster.local/ns/shöp");
        let dns = LeafRequest {
            dns_sans: vec!["shöp".to_owned()],
            ..LeafRequest::svid(ORDERS)
        };
        for (request, expected) in [
            (
                uri,
                "the URI SAN `spiffe://cluster.local/ns/shöp` is not ASCII: a certificate cannot carry it",
            ),
            (
                dns,
                "the DNS SAN `shöp` is not ASCII: a certificate cannot carry it",
            ),
        ] {
            assert_eq!(ca.issue(&request).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn several_names_keep_their_order() {
        let request = LeafRequest {
            uri_sans: vec!["spiffe://b/2".to_owned(), "spiffe://a/1".to_owned()],
            dns_sans: vec!["orders.shop".to_owned()],
            ..LeafRequest::svid(ORDERS)
        };
        inspect(&request, |leaf| {
            let names = leaf.subject_alternative_name().unwrap().unwrap().value;
            let expected = [
                GeneralName::URI("spiffe://b/2"),
                GeneralName::URI("spiffe://a/1"),
                GeneralName::DNSName("orders.shop"),
            ];
            assert_eq!(names.general_names, expected);
        });
    }

    #[test]
    fn a_leaf_can_be_as_wrong_as_a_test_needs_it() {
        let request = LeafRequest {
            uri_sans: Vec::new(),
            common_name: Some(ORDERS.to_owned()),
            basic_constraints: BasicConstraints::Authority,
            key_usages: vec![KeyUsage::KeyCertSign, KeyUsage::CrlSign],
            extended_key_usages: vec![ExtendedKeyUsage::ServerAuth],
            ..LeafRequest::svid(ORDERS)
        };
        inspect(&request, |leaf| {
            assert!(leaf.subject_alternative_name().unwrap().is_none());
            assert_eq!(
                leaf.subject()
                    .iter_common_name()
                    .next()
                    .unwrap()
                    .as_str()
                    .unwrap(),
                ORDERS
            );
            assert!(leaf.is_ca());
            assert_eq!(
                leaf.key_usage().unwrap().unwrap().value.to_string(),
                "Key Cert Sign, CRL Sign"
            );
            assert!(!leaf.extended_key_usage().unwrap().unwrap().value.client_auth);
        });
    }

    fn authority_key_id(request: &LeafRequest) -> Option<Vec<u8>> {
        let mut found = None;
        inspect(request, |leaf| {
            found = leaf.extensions().iter().find_map(|extension| {
                let ParsedExtension::AuthorityKeyIdentifier(id) = extension.parsed_extension() else {
                    return None;
                };
                id.key_identifier.as_ref().map(|id| id.0.to_vec())
            });
        });
        found
    }

    #[test]
    fn the_authority_key_identifier_is_the_issuers_or_another_or_left_out() {
        let with = |authority_key_id| LeafRequest {
            authority_key_id,
            ..LeafRequest::svid(ORDERS)
        };
        let issuers = authority_key_id(&with(AuthorityKeyId::Issuers)).unwrap();
        assert!(issuers.len() >= 8);
        let other = with(AuthorityKeyId::Other(vec![0xff, 0xee]));
        assert_eq!(authority_key_id(&other), Some(vec![0xff, 0xee]));
        assert_eq!(authority_key_id(&with(AuthorityKeyId::LeftOut)), None);
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        assert!(ca.issue(&with(AuthorityKeyId::Other(vec![0; 65]))).is_err());
    }

    #[test]
    fn an_extension_is_written_as_it_stands() {
        let names = [
            AltName::Uri(b"spiffe://td/\xff".to_vec()),
            AltName::Email(b"a@b".to_vec()),
            AltName::Dns(vec![b'd'; 3_000]),
        ];
        let request = LeafRequest {
            uri_sans: Vec::new(),
            key_usages: Vec::new(),
            raw_extensions: vec![
                RawExtension::subject_alt_names(&names, Criticality::NotCritical),
                RawExtension::key_usage(
                    &[KeyUsage::DigitalSignature, KeyUsage::CrlSign],
                    Criticality::Critical,
                ),
            ],
            ..LeafRequest::svid(ORDERS)
        };
        let long = "d".repeat(3_000);
        inspect(&request, |leaf| {
            let usage = leaf.key_usage().unwrap().unwrap();
            assert_eq!(
                (usage.critical, usage.value.to_string().as_str()),
                (true, "Digital Signature, CRL Sign")
            );
            let is_san = |extension: &&X509Extension<'_>| extension.oid == OID_X509_EXT_SUBJECT_ALT_NAME;
            let names = leaf.extensions().iter().find(is_san).unwrap();
            assert!(!names.critical);
            let written = names.value;
            assert!(written.windows(13).any(|bytes| bytes == b"spiffe://td/\xff"));
            assert!(written.windows(3).any(|bytes| bytes == b"a@b"));
            assert!(written.ends_with(long.as_bytes()));
        });
    }

    #[test]
    fn a_serial_number_can_be_chosen() {
        let request = LeafRequest {
            serial_number: SerialNumber::Chosen(vec![0x0a, 0x1b, 0x2c]),
            ..LeafRequest::svid(ORDERS)
        };
        inspect(&request, |leaf| assert_eq!(leaf.raw_serial(), [0x0a, 0x1b, 0x2c]));
    }

    #[test]
    fn the_debug_form_of_an_issued_leaf_hides_the_key() {
        let leaf = DevelopmentCa::new("cluster.local")
            .unwrap()
            .issue(&LeafRequest::svid(ORDERS))
            .unwrap();
        assert!(leaf.private_key_pem.contains("PRIVATE KEY"));
        assert!(!format!("{leaf:?}").contains("PRIVATE KEY"));
    }
}
