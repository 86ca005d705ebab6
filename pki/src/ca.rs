//! The signing certificate of one trust domain.

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rcgen::{KeyUsagePurpose, SanType};
use time::{Duration, OffsetDateTime};

use crate::ca_certificate::CaCertificate;
use crate::error::MAX_VALIDITY_DAYS;
use crate::{IssuedLeaf, KeyAlgorithm, LeafRequest, PkiError};

/// Long enough for any demo or test run, short enough that nobody is tempted to depend on it.
const VALIDITY: Duration = Duration::days(30);
/// Absorbs a clock that is a little behind ours.
const BACKDATE: Duration = Duration::minutes(5);
/// SPIFFE-ID, section 2.3.
const TRUST_DOMAIN_MAX_BYTES: usize = 255;

/// The certificate authority of one trust domain, for development.
///
/// Its certificate is a SPIFFE signing certificate (X509-SVID, sections 3.2 and 4): cA is true, the key usage is
/// keyCertSign and critical, and the one URI SAN is the trust domain's SPIFFE ID without a path.
/// The private key leaves memory only through [`DevelopmentCa::private_key_pem`].
pub struct DevelopmentCa {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    trust_domain: String,
    not_after: OffsetDateTime,
}

/// What a development CA is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaRequest {
    /// The trust domain that it speaks for, such as `cluster.local`.
    pub trust_domain: String,
    /// The kind of its key.
    pub key_algorithm: KeyAlgorithm,
    /// How long it is valid from now on.
    pub valid_for: Duration,
}

impl CaRequest {
    /// An ECDSA P-256 key, valid for 30 days.
    #[must_use]
    pub fn new(trust_domain: &str) -> Self {
        Self {
            trust_domain: trust_domain.to_owned(),
            key_algorithm: KeyAlgorithm::default(),
            valid_for: VALIDITY,
        }
    }
}

impl DevelopmentCa {
    /// Creates a fresh key (ECDSA P-256) and a self-signed certificate for `trust_domain`, valid for 30 days.
    ///
    /// # Errors
    /// [`PkiError::TrustDomain`] if the name is no SPIFFE trust domain, [`PkiError::Issue`] if signing fails.
    pub fn new(trust_domain: &str) -> Result<Self, PkiError> {
        Self::create(&CaRequest::new(trust_domain))
    }

    /// Creates a fresh key and a self-signed certificate.
    ///
    /// # Errors
    /// [`PkiError::TrustDomain`] if the name is no SPIFFE trust domain, [`PkiError::Validity`] for a time out of range,
    /// [`PkiError::Key`] and [`PkiError::Issue`] if a key cannot be made or signing fails.
    pub fn create(request: &CaRequest) -> Result<Self, PkiError> {
        let params = signing_params(request)?;
        let not_after = params.not_after;
        let key = request.key_algorithm.generate()?;
        let certificate = params.self_signed(&key).map_err(|source| PkiError::Issue {
            name: request.trust_domain.clone(),
            source,
        })?;
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate_pem: certificate.pem(),
            trust_domain: request.trust_domain.clone(),
            not_after,
        })
    }

    /// The CA of this certificate and this key, both PEM, as [`DevelopmentCa::certificate_pem`] and
    /// [`DevelopmentCa::private_key_pem`] gave them.
    ///
    /// # Errors
    /// Why they are not the certificate and the key of one SPIFFE signing certificate.
    pub fn from_pem(certificate_pem: &str, private_key_pem: &str) -> Result<Self, String> {
        let certificate = CaCertificate::from_pem(certificate_pem)?;
        let key = KeyPair::from_pem(private_key_pem)
            .map_err(|error| format!("the private key cannot be read: {error}"))?;
        if certificate.public_key != key.public_key_raw() {
            return Err("the private key belongs to another certificate".to_owned());
        }
        let issuer = Issuer::from_ca_cert_pem(certificate_pem, key)
            .map_err(|error| format!("the certificate cannot be read: {error}"))?;
        Ok(Self {
            issuer,
            certificate_pem: certificate_pem.to_owned(),
            trust_domain: certificate.trust_domain,
            not_after: certificate.not_after,
        })
    }

    /// The CA certificate as PEM: the trust bundle of the trust domain.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The private key as PKCS#8 PEM. Whoever has it can be any workload of the trust domain.
    #[must_use]
    pub fn private_key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// The trust domain that it speaks for.
    #[must_use]
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// The last moment at which it is valid, and so may be whatever it issued.
    #[must_use]
    pub fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// The last moment of an SVID that is issued now for so long: no later than the CA's own.
    ///
    /// # Errors
    /// [`PkiError::CaEnded`] after the CA's last moment, [`PkiError::Validity`] for a time out of range.
    pub fn end_of(&self, valid_for: Duration) -> Result<OffsetDateTime, PkiError> {
        let now = OffsetDateTime::now_utc();
        if self.not_after <= now {
            return Err(PkiError::CaEnded {
                trust_domain: self.trust_domain.clone(),
                not_after: self.not_after,
            });
        }
        Ok(end_after(now, valid_for)?.min(self.not_after))
    }

    /// Issues a leaf that says exactly what `leaf` asks for, under an ECDSA P-256 key of its own.
    ///
    /// # Errors
    /// As [`DevelopmentCa::issue_with_key`].
    pub fn issue(&self, leaf: &LeafRequest) -> Result<IssuedLeaf, PkiError> {
        self.issue_with_key(leaf, KeyAlgorithm::default())
    }

    /// Issues a leaf that says exactly what `leaf` asks for, under a key of its own of this kind.
    ///
    /// # Errors
    /// [`PkiError::NotAscii`] for a name that no certificate can hold, [`PkiError::Key`] and [`PkiError::Issue`] if a key
    /// cannot be made or signing fails.
    pub fn issue_with_key(
        &self,
        leaf: &LeafRequest,
        algorithm: KeyAlgorithm,
    ) -> Result<IssuedLeaf, PkiError> {
        let params = leaf.certificate_params()?;
        let key = algorithm.generate()?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(|source| PkiError::Issue {
                name: leaf.first_name().to_owned(),
                source,
            })?;
        Ok(IssuedLeaf {
            certificate_pem: certificate.pem(),
            private_key_pem: key.serialize_pem(),
        })
    }
}

/// The moment so long after another, in whole seconds as certificates have it.
fn end_after(now: OffsetDateTime, valid_for: Duration) -> Result<OffsetDateTime, PkiError> {
    let bounds = Duration::seconds(1)..=Duration::days(MAX_VALIDITY_DAYS);
    let end = now.replace_nanosecond(0).unwrap_or(now).checked_add(valid_for);
    end.filter(|_| bounds.contains(&valid_for))
        .ok_or(PkiError::Validity {
            seconds: valid_for.whole_seconds(),
        })
}

fn signing_params(request: &CaRequest) -> Result<CertificateParams, PkiError> {
    let trust_domain = request.trust_domain.as_str();
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.not_before = now.saturating_sub(BACKDATE);
    params.not_after = end_after(now, request.valid_for)?;
    params.distinguished_name = subject(trust_domain);
    params.subject_alt_names = vec![SanType::URI(trust_domain_uri(trust_domain)?)];
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    Ok(params)
}

/// RFC 5280 wants a CA's subject to be non-empty; the organisation tells two trust domains apart.
fn subject(trust_domain: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, trust_domain);
    name.push(DnType::CommonName, "spiffe-authz development CA");
    name
}

fn trust_domain_uri(trust_domain: &str) -> Result<Ia5String, PkiError> {
    let malformed = || PkiError::TrustDomain {
        input: trust_domain.to_owned(),
    };
    if !is_trust_domain(trust_domain) {
        return Err(malformed());
    }
    Ia5String::try_from(format!("spiffe://{trust_domain}")).map_err(|_| malformed())
}

/// "The trust domain [...] MUST contain only letters (lower case), numbers, dots, dashes, and underscores."
pub(crate) fn is_trust_domain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    !name.is_empty() && name.len() <= TRUST_DOMAIN_MAX_BYTES && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use x509_parser::pem::Pem;
    use x509_parser::prelude::GeneralName;

    use super::*;

    fn parsed(pem: &str) -> Pem {
        Pem::iter_from_buffer(pem.as_bytes())
            .next()
            .expect("one PEM block")
            .expect("PEM")
    }

    #[test]
    fn the_ca_certificate_is_a_spiffe_signing_certificate() {
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        let pem = parsed(ca.certificate_pem());
        let certificate = pem.parse_x509().unwrap();
        let constraints = certificate.basic_constraints().unwrap().unwrap();
        assert!(constraints.critical && constraints.value.ca);
        let usage = certificate.key_usage().unwrap().unwrap();
        assert!(usage.critical);
        assert_eq!(usage.value.to_string(), "Key Cert Sign");
        let names = &certificate
            .subject_alternative_name()
            .unwrap()
            .unwrap()
            .value
            .general_names;
        assert_eq!(names, &vec![GeneralName::URI("spiffe://cluster.local")]);
    }

    #[test]
    fn a_malformed_trust_domain_is_an_error_that_names_it() {
        let too_long = "a".repeat(256);
        for name in [
            "",
            "Cluster.local",
            "cluster local",
            "cluster.local/ns",
            "td:443",
            "dömäne",
            &too_long,
        ] {
            let message = DevelopmentCa::new(name).err().expect("an error").to_string();
            assert!(
                message.starts_with(&format!("`{name}` is not a trust domain")),
                "{message}"
            );
        }
    }

    #[test]
    fn a_leaf_is_issued_in_the_name_of_its_ca() {
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        let leaf = ca
            .issue(&LeafRequest::svid("spiffe://cluster.local/ns/shop/sa/orders"))
            .unwrap();
        let (ca_pem, leaf_pem) = (parsed(ca.certificate_pem()), parsed(&leaf.certificate_pem));
        let (ca, leaf) = (ca_pem.parse_x509().unwrap(), leaf_pem.parse_x509().unwrap());
        assert_eq!(leaf.issuer(), ca.subject());
        assert_ne!(leaf.public_key(), ca.public_key());
    }

    #[test]
    fn a_ca_of_each_kind_of_key_is_the_same_after_its_pem_was_read() {
        for key_algorithm in KeyAlgorithm::ALL {
            let ca = DevelopmentCa::create(&CaRequest {
                key_algorithm,
                ..CaRequest::new("cluster.local")
            })
            .unwrap();
            let again = DevelopmentCa::from_pem(ca.certificate_pem(), &ca.private_key_pem()).unwrap();
            assert_eq!(again.trust_domain(), "cluster.local");
            assert_eq!(again.not_after(), ca.not_after());
            assert_eq!(again.private_key_pem(), ca.private_key_pem());
        }
    }

    #[test]
    fn a_certificate_and_the_key_of_another_are_no_ca() {
        let (one, other) = (DevelopmentCa::new("a").unwrap(), DevelopmentCa::new("b").unwrap());
        let error = DevelopmentCa::from_pem(one.certificate_pem(), &other.private_key_pem())
            .err()
            .unwrap();
        assert_eq!(error, "the private key belongs to another certificate");
    }

    #[test]
    fn a_leaf_signs_nothing() {
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        let leaf = ca
            .issue(&LeafRequest::svid("spiffe://cluster.local/ns/shop/sa/orders"))
            .unwrap();
        let error = DevelopmentCa::from_pem(&leaf.certificate_pem, &leaf.private_key_pem);
        assert!(
            error.err().unwrap().contains("not a signing certificate"),
            "cA is false"
        );
    }

    #[test]
    fn what_is_issued_ends_no_later_than_the_ca() {
        let ca = DevelopmentCa::create(&CaRequest {
            valid_for: Duration::hours(1),
            ..CaRequest::new("cluster.local")
        })
        .unwrap();
        assert_eq!(ca.end_of(Duration::days(1)).unwrap(), ca.not_after());
        assert!(ca.end_of(Duration::minutes(1)).unwrap() < ca.not_after());
        assert!(matches!(
            ca.end_of(Duration::ZERO),
            Err(PkiError::Validity { seconds: 0 })
        ));
        assert!(ca.end_of(Duration::days(40_000)).is_err());
    }

    #[test]
    fn two_leaves_have_two_keys_and_two_serials() {
        let ca = DevelopmentCa::new("cluster.local").unwrap();
        let request = LeafRequest::svid("spiffe://cluster.local/ns/shop/sa/orders");
        let (first, second) = (ca.issue(&request).unwrap(), ca.issue(&request).unwrap());
        assert_ne!(first.private_key_pem, second.private_key_pem);
        let (first, second) = (parsed(&first.certificate_pem), parsed(&second.certificate_pem));
        assert_ne!(
            first.parse_x509().unwrap().serial,
            second.parse_x509().unwrap().serial
        );
    }
}
