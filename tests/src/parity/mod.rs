//! The same plugin and the same script on host-sim and on a real Envoy, and what differs.
//!
//! `tests/parity/README.md` says how a script is written.

pub mod difference;
mod endpoint;
mod envoy_configuration;
mod envoy_log;
mod grpc;
mod h1;
mod h2;
mod headers;
mod metrics_seen;
pub mod observation;
pub mod on_envoy;
pub mod on_host_sim;
pub mod plugin_module;
pub mod script;
pub mod step;
mod tcp;
mod tls;
mod wire;
