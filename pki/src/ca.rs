//! The signing certificate of one trust domain.

use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use rcgen::{KeyUsagePurpose, SanType};
use time::{Duration, OffsetDateTime};

use crate::{IssuedLeaf, LeafRequest, PkiError};

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
/// The private key never leaves memory.
pub struct DevelopmentCa {
    issuer: CertifiedIssuer<'static, KeyPair>,
    certificate_pem: String,
}

impl DevelopmentCa {
    /// Creates a fresh key (ECDSA P-256) and a self-signed certificate for `trust_domain`, valid for 30 days.
    ///
    /// # Errors
    /// [`PkiError::TrustDomain`] if the name is no SPIFFE trust domain, [`PkiError::Issue`] if signing fails.
    pub fn new(trust_domain: &str) -> Result<Self, PkiError> {
        let params = signing_params(trust_domain)?;
        let failed = |source| PkiError::Issue {
            name: trust_domain.to_owned(),
            source,
        };
        let key = KeyPair::generate().map_err(failed)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(failed)?;
        let certificate_pem = issuer.pem();
        Ok(Self {
            issuer,
            certificate_pem,
        })
    }

    /// The CA certificate as PEM: the trust bundle of the trust domain.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Issues a leaf that says exactly what `leaf` asks for, under a key of its own.
    ///
    /// # Errors
    /// [`PkiError::NotAscii`] for a name that no certificate can hold, [`PkiError::Issue`] if signing fails.
    pub fn issue(&self, leaf: &LeafRequest) -> Result<IssuedLeaf, PkiError> {
        let params = leaf.certificate_params()?;
        let failed = |source| PkiError::Issue {
            name: leaf.first_name().to_owned(),
            source,
        };
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(IssuedLeaf {
            certificate_pem: certificate.pem(),
            private_key_pem: key.serialize_pem(),
        })
    }
}

fn signing_params(trust_domain: &str) -> Result<CertificateParams, PkiError> {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.not_before = now.saturating_sub(BACKDATE);
    params.not_after = now.saturating_add(VALIDITY);
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
fn is_trust_domain(name: &str) -> bool {
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
