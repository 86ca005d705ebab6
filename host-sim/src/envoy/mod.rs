//! What Envoy knows of a connection, a stream and a workload, as a plugin reads it.

pub(crate) mod connection;
pub(crate) mod dynamic_metadata;
pub(crate) mod properties;
