//! The authorization engine of spiffe-authz: a pure library. Bytes in, decision out.
//!
//! [`PolicySet::from_plugin_configuration`] reads one plugin configuration and compiles what applies to the workload, or
//! returns every problem at once, each with its path. [`PolicySet::decide`] judges one [`Request`]: it is
//! total, touches nothing but memory, and never panics.

mod attached;
mod attribute;
#[cfg(feature = "linear-walk")]
mod candidates;
mod certificate_error;
mod certificate_extension;
mod certificate_facts;
mod compile;
mod config;
mod decide;
mod decision;
mod denied;
mod deny_response;
#[cfg(feature = "explain")]
mod explain;
mod identity;
mod identity_error;
mod index;
mod input;
mod jwt;
mod layer;
mod layers;
mod leaf_certificate;
mod leaf_facts;
#[cfg(feature = "linear-walk")]
mod linear_walk;
mod matcher;
mod mtls;
mod observe;
mod path_class;
mod path_form;
mod policy_set;
mod profile;
mod query;
#[cfg(feature = "render-rbac")]
mod rbac;
mod request;
mod request_bounds;
#[cfg(feature = "request-document")]
mod request_document;
mod rule;
mod spiffe_id;
#[cfg(feature = "stated")]
mod stated;
mod svid;
mod svid_settings;
#[cfg(feature = "svid-verdicts")]
mod svid_verdicts;
mod trailers;
mod trust_domain;
mod truth;
mod workload;
mod workload_identity;

pub use attribute::Attribute;
#[cfg(feature = "linear-walk")]
pub use candidates::{Candidates, LayerCandidates};
pub use certificate_error::CertificateError;
pub use config::document::{Document, DocumentError};
pub use config::error::{ConfigError, ConfigErrorKind, ConfigErrors};
pub use config::limits::Limits;
pub use config::notice::ConfigNotice;
pub use decision::{Decision, Denial, Permit, PermitCause, PolicyId, RuleRef};
pub use deny_response::{Body, DenyResponse};
#[cfg(feature = "explain")]
pub use explain::{
    Explanation, Got, Hindrance, JudgedAlternative, JudgedCheck, JudgedClause, JudgedRule,
    Layer as RuleLayer, PeerVerdict, RequestCheck,
};
pub use identity_error::IdentityError;
pub use input::Input;
pub use leaf_certificate::LeafCertificate;
pub use leaf_facts::{ExtendedKeyUsage, Holder, KeyUsage, LeafFacts};
pub use mtls::MtlsMode;
pub use observe::{Observations, Shadow, ShadowResult};
pub use path_class::PathClass;
pub use policy_set::PolicySet;
pub use profile::Profile;
#[cfg(feature = "render-rbac")]
pub use rbac::NativeRbac;
pub use request::{Headers, Peer, PeerCertificate, Protocol, Request, Validation};
pub use request_bounds::RequestBounds;
#[cfg(feature = "request-document")]
pub use request_document::RequestDocument;
pub use spiffe_id::{SpiffeId, SpiffeIdError};
#[cfg(feature = "stated")]
pub use stated::{
    SidecarSelection, StatedAction, StatedAlternative, StatedClause, StatedConfiguration, StatedException,
    StatedKey, StatedMode, StatedPeerAuthentication, StatedPolicy, StatedRule, StatedTarget, StatedValue,
    ValueForm,
};
pub use svid_settings::RequiredSvid;
#[cfg(feature = "svid-verdicts")]
pub use svid_verdicts::{RuleVerdict, SvidRule, SvidVerdict};
pub use trust_domain::{TrustDomain, TrustDomainError};
pub use truth::Truth;
pub use workload::{ServiceKind, Waypoint, WaypointService, Workload};
pub use workload_identity::WorkloadIdentity;
