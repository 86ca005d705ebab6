//! SVIDs and trust bundles as resources of SDS, in the forms of SPIRE's agent.

use spiffe_authz_pki::IssuedLeaf;

use crate::discovery::messages::{
    Secret, SecretKind, SpiffeCertValidatorConfig, TlsCertificate, TrustDomain, TypedExtensionConfig,
    ValidationContext, any, inline,
};
use crate::discovery::shelf::Resource;

/// The message that a resource of SDS is.
pub const TYPE_NAME: &str = "envoy.extensions.transport_sockets.tls.v3.Secret";

const SPIFFE_VALIDATOR: &str = "envoy.tls.cert_validator.spiffe";
const SPIFFE_VALIDATOR_CONFIG: &str = "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig";

/// An SVID under this name: `default`, or its SPIFFE ID.
#[must_use]
pub fn svid(name: &str, leaf: &IssuedLeaf) -> Resource {
    let certificate = TlsCertificate {
        certificate_chain: Some(inline(leaf.certificate_pem.as_bytes())),
        private_key: Some(inline(leaf.private_key_pem.as_bytes())),
    };
    secret(name, SecretKind::TlsCertificate(certificate))
}

/// The bundles of these trust domains under this name: `ALL`; with one alone `ROOTCA`, or the SPIFFE ID of its trust domain.
///
/// The agent has Envoy check by trust domain in each case.
#[must_use]
pub fn bundles(name: &str, of: &[(&str, &str)]) -> Resource {
    let trust_domains = of.iter().map(|(trust_domain, bundle_pem)| TrustDomain {
        name: (*trust_domain).to_owned(),
        trust_bundle: Some(inline(bundle_pem.as_bytes())),
    });
    let validator = SpiffeCertValidatorConfig {
        trust_domains: trust_domains.collect(),
    };
    let context = ValidationContext {
        trusted_ca: None,
        custom_validator_config: Some(TypedExtensionConfig {
            name: SPIFFE_VALIDATOR.to_owned(),
            typed_config: Some(any(SPIFFE_VALIDATOR_CONFIG, &validator)),
        }),
    };
    secret(name, SecretKind::ValidationContext(context))
}

fn secret(name: &str, kind: SecretKind) -> Resource {
    let secret = Secret {
        name: name.to_owned(),
        kind: Some(kind),
    };
    Resource {
        name: name.to_owned(),
        message: any(TYPE_NAME, &secret),
    }
}
