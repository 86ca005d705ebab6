//! A development CA and the X509-SVIDs it issues, with rcgen.
//!
//! For the demo and the tests: the private key of the CA lives in memory only, nothing is revoked, and a
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

mod ca;
mod der;
mod error;
mod extension;
mod leaf;
mod svid_directory;

pub use ca::DevelopmentCa;
pub use error::PkiError;
pub use extension::{AltName, Criticality, RawExtension};
pub use leaf::{
    AuthorityKeyId, BasicConstraints, ExtendedKeyUsage, IssuedLeaf, KeyUsage, LeafRequest, SerialNumber,
};
pub use svid_directory::SvidDirectory;
pub use time::{Duration, OffsetDateTime};
