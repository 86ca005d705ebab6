//! From the raw model to matchers: what a configuration *means* for one workload.

pub(crate) mod attach;
pub(crate) mod authorization_policy;
pub(crate) mod binding;
pub(crate) mod condition;
pub(crate) mod condition_key;
pub(crate) mod custom;
pub(crate) mod exception;
pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod ip;
pub(crate) mod operation;
pub(crate) mod path;
pub(crate) mod peer_authentication;
pub(crate) mod policy_set;
pub(crate) mod port;
pub(crate) mod principal;
pub(crate) mod regex;
pub(crate) mod resources;
pub(crate) mod selection;
pub(crate) mod source;
pub(crate) mod svid;
pub(crate) mod trust_domain;
pub(crate) mod values;

use std::sync::Arc;

use crate::profile::Profile;
use crate::trust_domain::TrustDomain;

/// What the meaning of a value depends on beside the value.
pub(crate) struct Context {
    pub(crate) profile: Profile,
    /// The mesh's trust domain first, then its aliases.
    pub(crate) trust_domains: Arc<[TrustDomain]>,
}

/// The same for the values of one policy.
#[derive(Clone, Copy)]
pub(crate) struct PolicyContext<'c> {
    pub(crate) mesh: &'c Context,
    /// The namespace of the policy.
    pub(crate) namespace: &'c str,
}
