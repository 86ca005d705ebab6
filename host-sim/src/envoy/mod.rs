//! What Envoy is for a plugin: connections, properties and dynamic metadata.

pub(crate) mod attributes;
pub(crate) mod certificate;
pub(crate) mod connection;
pub(crate) mod distinguished_name;
pub(crate) mod dynamic_metadata;
pub(crate) mod filter_state_key;
pub(crate) mod listener;
pub(crate) mod node;
pub(crate) mod properties;
pub(crate) mod property_value;
pub(crate) mod route;
pub(crate) mod upstream;
mod wire;
