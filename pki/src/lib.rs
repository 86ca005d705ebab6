//! A development CA and the X509-SVIDs it issues, with rcgen.
//!
//! For development, the demo and the tests: the private key of the CA lies in memory or in a file, nothing is revoked, and a
//! [`LeafRequest`] can ask for certificates that no SPIFFE issuer may hand out, because the tests present
//! exactly those. In production the SVIDs come from SPIRE, Istio or another SPIFFE issuer.
//!
//! ```
//! use spiffe_authz_pki::{DevelopmentCa, LeafRequest};
//!
//! let ca = DevelopmentCa::new("cluster.local")?;
//! let svid = ca.issue(&LeafRequest::svid("spiffe://cluster.local/ns/shop/sa/orders"))?;
//! assert!(svid.certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
//! # Ok::<(), spiffe_authz_pki::PkiError>(())
//! ```

mod bundle_map;
mod ca;
mod ca_certificate;
mod ca_directory;
mod der;
mod error;
mod extension;
mod file;
mod key_algorithm;
mod leaf;
mod svid_directory;

pub use bundle_map::bundle_map;
pub use ca::{CaRequest, DevelopmentCa};
pub use ca_directory::CaDirectory;
pub use error::PkiError;
pub use extension::{AltName, Criticality, RawExtension};
pub use key_algorithm::KeyAlgorithm;
pub use leaf::{
    AuthorityKeyId, BasicConstraints, ExtendedKeyUsage, IssuedLeaf, KeyUsage, LeafRequest, SerialNumber,
};
pub use svid_directory::SvidDirectory;
pub use time::{Duration, OffsetDateTime};
