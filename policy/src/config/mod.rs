//! The raw model: what a plugin configuration and the Istio resources in it *say*, one file a resource.
//!
//! Reading collects every problem with its path instead of stopping at the first. What was read has the
//! right shape; what it means is settled in [`crate::compile`].

pub(crate) mod ambiguous_paths;
pub(crate) mod audit;
pub(crate) mod authorization_policy;
pub(crate) mod document;
pub(crate) mod elements;
pub(crate) mod encoded_list;
pub(crate) mod error;
pub(crate) mod field_path;
pub(crate) mod field_values;
pub(crate) mod fields;
pub(crate) mod hex;
pub(crate) mod limits;
pub(crate) mod metadata;
pub(crate) mod metadata_message;
pub(crate) mod nested;
pub(crate) mod notice;
pub(crate) mod outline;
pub(crate) mod peer_authentication;
pub(crate) mod plugin;
pub(crate) mod protobuf_struct;
pub(crate) mod resource;
pub(crate) mod roster;
pub(crate) mod selector;
pub(crate) mod svid;
pub(crate) mod time;
pub(crate) mod values;
