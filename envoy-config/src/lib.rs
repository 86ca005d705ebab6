//! Envoy 1.40 bootstraps for a workload that spiffe-authz guards: typed inputs in, JSON documents out, no I/O.
//!
//! ```text
//!             inbound listener                                          outbound listener (loopback)
//! peer ──────► TLS, client certificate required                          application ──► router
//!              direct address -> filter state                               └─ TLS with our SVID, the peer's
//!              HTTP connection manager: paths normalised or refused            SPIFFE ID checked exactly ──► peer
//!              ├─ Wasm: spiffe_authz            says "allow" in filter state
//!              ├─ interlock (native RBAC)       no "allow", no passage
//!              └─ router ──► application (loopback)
//! ```
//! Before an application that does not speak HTTP ([`ApplicationProtocol::Tcp`]) the Wasm filter and the interlock stand in
//! the chain of the connection itself, with a TCP proxy behind them.
//!
//! [`Sidecar::bootstrap`] renders the whole of it. The blocks it is made of are public, one module a concept, so
//! that another listener can be put together from the same pieces; [`weak_points`] says what is wrong with one that was.
//!
//! ```
//! use spiffe_authz_envoy_config::{ecds_document, ApplicationProtocol, FilePath, FilterModule, FilterSource};
//!
//! let filter = FilterModule {
//!     wasm: FilePath::new("/etc/spiffe-authz/spiffe_authz_filter.wasm")?,
//!     source: FilterSource::Ecds { path: FilePath::new("/etc/spiffe-authz/filter.ecds.yaml")? },
//! };
//! let file = ecds_document(&filter, ApplicationProtocol::Http, &serde_json::json!({"profile": "zero-trust"}));
//! assert_eq!(file.pointer("/resources/0/name"), Some(&"spiffe_authz".into()));
//! # Ok::<(), spiffe_authz_envoy_config::InvalidPath>(())
//! ```

pub mod access_log;
pub mod address;
pub mod admin;
pub mod application_protocol;
pub mod cluster;
pub mod direct_address;
pub mod ecds;
pub mod file_path;
pub mod handed_on;
pub mod http_connection_manager;
pub mod http_filters;
pub mod inbound;
pub mod interlock;
pub mod internal_listener;
pub mod istio;
pub mod metrics_listener;
pub mod network_filters;
pub mod node;
pub mod outbound;
pub mod overload;
pub mod route;
pub mod sds;
pub mod sidecar;
pub mod spire;
pub mod stats;
pub mod svid_source;
pub mod tcp_proxy;
pub mod tls;
pub mod wasm_filter;
pub mod weak_points;

mod any;

pub use address::{InvalidAddress, LoopbackAddress};
pub use application_protocol::ApplicationProtocol;
pub use ecds::ecds_document;
pub use file_path::{FilePath, InvalidPath};
pub use inbound::{Inbound, InboundTransport};
pub use istio::{ExtensionApi, InvalidImage, IstioGuard, PluginImage};
pub use node::Node;
pub use outbound::Outbound;
pub use sds::{SdsDocument, SvidPaths, TrustBundle};
pub use sidecar::Sidecar;
pub use spire::{SpireBundle, SpireSds, SpireSvid};
pub use svid_source::{SvidSource, TlsSecrets};
pub use wasm_filter::{FilterModule, FilterSource};
