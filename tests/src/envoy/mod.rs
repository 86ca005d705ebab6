//! What it takes to run a real Envoy in a test: certificates, listeners, an application behind, a client in front.

pub mod admin;
pub mod batch;
pub mod client;
pub mod conformance_listener;
pub mod guarded;
pub mod identities;
pub mod orders;
mod plan;
pub mod refusals;
pub mod running;
pub mod tripwire;
