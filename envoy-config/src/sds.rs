//! File-based SDS: the SVID and the trust bundle, rotated under a running Envoy.
//!
//! ```text
//! bootstrap ── path ──► svid.sds.yaml ──────── filenames ──► svid.pem, svid_key.pem
//!           └─ path ──► trust-bundle.sds.yaml ─ filename ──► svid_bundle.pem
//! ```
//! The two documents never change; Envoy reads the files that they name again whenever something is moved into the watched
//! directory. A set that does not fit together is refused and the one before stays in use.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::{FilePath, TlsSecrets};

/// The name of the secret that holds the SVID and its key.
pub const SVID: &str = "svid";
/// The name of the secret that holds the trust bundle.
pub const TRUST_BUNDLE: &str = "trust-bundle";

const SECRET: &str = "envoy.extensions.transport_sockets.tls.v3.Secret";
const SPIFFE_VALIDATOR: &str = "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig";

/// Where the files of an SVID lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SvidPaths {
    /// The SDS document of the SVID; its name ends in `.yaml` or `.json`.
    pub svid_sds: FilePath,
    /// The SDS document of the trust bundle; its name ends in `.yaml` or `.json`.
    pub trust_bundle_sds: FilePath,
    /// The certificate chain, PEM.
    pub certificate: FilePath,
    /// The private key, PEM.
    pub private_key: FilePath,
    /// Whose certificates are taken.
    pub trust_bundle: TrustBundle,
    /// The folder in which a rename announces a rotation.
    pub watched_directory: FilePath,
}

/// The trust anchors of peers, and with them how Envoy checks a peer's certificate. The file is read again when something
/// is moved into the watched folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustBundle {
    /// A PEM file. Each authority in it can vouch for any SPIFFE ID: right where there is one trust domain.
    ///
    /// Envoy's default validator.
    OneForAll(FilePath),
    /// A SPIFFE bundle map: JSON, of each trust domain its own bundle. An authority vouches for its own trust domain
    /// alone, so that a federated one cannot issue an ID of ours.
    ///
    /// Envoy's SPIFFE validator (`envoy.tls.cert_validator.spiffe`).
    PerTrustDomain(FilePath),
}

/// A document that Envoy reads, and where it looks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct SdsDocument {
    /// Where the bootstrap says that it lies.
    pub path: FilePath,
    /// What must stand there, as JSON (which is YAML too).
    pub document: Value,
}

impl SvidPaths {
    /// The two files that the bootstrap refers to.
    #[must_use]
    pub fn sds_documents(&self) -> [SdsDocument; 2] {
        [
            SdsDocument {
                path: self.svid_sds.clone(),
                document: self.svid_document(),
            },
            SdsDocument {
                path: self.trust_bundle_sds.clone(),
                document: self.trust_bundle_document(),
            },
        ]
    }

    fn svid_document(&self) -> Value {
        secret(
            SVID,
            "tls_certificate",
            &json!({
                "certificate_chain": {"filename": self.certificate.as_str()},
                "private_key": {"filename": self.private_key.as_str()},
                "watched_directory": {"path": self.watched_directory.as_str()},
            }),
        )
    }

    fn trust_bundle_document(&self) -> Value {
        let validation_context = match &self.trust_bundle {
            TrustBundle::OneForAll(pem) => json!({
                "trusted_ca": {"filename": pem.as_str()},
                "watched_directory": {"path": self.watched_directory.as_str()},
            }),
            TrustBundle::PerTrustDomain(map) => {
                json!({"custom_validator_config": self.spiffe_validator(map)})
            }
        };
        secret(TRUST_BUNDLE, "validation_context", &validation_context)
    }

    fn spiffe_validator(&self, bundle_map: &FilePath) -> Value {
        json!({
            "name": "envoy.tls.cert_validator.spiffe",
            "typed_config": {
                "@type": type_url(SPIFFE_VALIDATOR),
                "trust_bundles": {
                    "filename": bundle_map.as_str(),
                    "watched_directory": {"path": self.watched_directory.as_str()},
                },
            },
        })
    }
}

impl TlsSecrets for SvidPaths {
    fn svid_reference(&self) -> Value {
        reference(SVID, &self.svid_sds)
    }

    fn trust_bundle_reference(&self) -> Value {
        reference(TRUST_BUNDLE, &self.trust_bundle_sds)
    }
}

fn reference(name: &str, document: &FilePath) -> Value {
    json!({
        "name": name,
        "sds_config": {
            "resource_api_version": "V3",
            "path_config_source": {"path": document.as_str()},
        },
    })
}

fn secret(name: &str, kind: &str, content: &Value) -> Value {
    json!({"resources": [{"@type": type_url(SECRET), "name": name, (kind): content}]})
}
