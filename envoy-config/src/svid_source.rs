//! [`SvidSource`]: from where Envoy takes the SVID and the trust bundle.

use serde_json::Value;

use crate::{SdsDocument, SpireSds, SvidPaths};

/// The two references by which a TLS context names its secrets.
pub trait TlsSecrets {
    /// The reference to the SVID in a TLS context.
    fn svid_reference(&self) -> Value;
    /// The reference to the trust bundle in a TLS context.
    fn trust_bundle_reference(&self) -> Value;
}

/// From where Envoy takes the SVID and the trust bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SvidSource {
    /// From files, which a SPIFFE issuer replaces.
    Files(SvidPaths),
    /// From the SPIRE agent of the machine.
    Spire(SpireSds),
}

impl SvidSource {
    /// The files that the bootstrap refers to; none where an agent answers.
    #[must_use]
    pub fn sds_documents(&self) -> Vec<SdsDocument> {
        match self {
            Self::Files(paths) => paths.sds_documents().into(),
            Self::Spire(_) => Vec::new(),
        }
    }

    /// The clusters that the references need.
    #[must_use]
    pub fn clusters(&self) -> Vec<Value> {
        match self {
            Self::Files(_) => Vec::new(),
            Self::Spire(agent) => vec![agent.cluster()],
        }
    }
}

impl TlsSecrets for SvidSource {
    fn svid_reference(&self) -> Value {
        match self {
            Self::Files(paths) => paths.svid_reference(),
            Self::Spire(agent) => agent.svid_reference(),
        }
    }

    fn trust_bundle_reference(&self) -> Value {
        match self {
            Self::Files(paths) => paths.trust_bundle_reference(),
            Self::Spire(agent) => agent.trust_bundle_reference(),
        }
    }
}

impl From<SvidPaths> for SvidSource {
    fn from(paths: SvidPaths) -> Self {
        Self::Files(paths)
    }
}

impl From<SpireSds> for SvidSource {
    fn from(agent: SpireSds) -> Self {
        Self::Spire(agent)
    }
}
