//! The conformance suite of spiffe-authz: one corpus, several engines, a real Envoy among them.
//!
//! A file of `tests/corpus` holds one plugin configuration and what must follow from it. Every engine reads the
//! same files, and every pair of an engine and a case is a test of its own (`tests/conformance.rs`).

pub mod attacks;
pub mod command;
pub mod corpus;
pub mod demo_command;
pub mod differential;
pub mod discovery;
pub mod engine;
pub mod engines;
pub mod envoy;
pub mod faults;
pub mod generate;
pub mod native_rbac;
pub mod parity;
pub mod policies;
pub mod problem;
pub mod prometheus;
pub mod reference;
pub mod scale;
pub mod scratch;
pub mod soak;
pub mod steady_load;
pub mod versions_in_force;
pub mod workspace;

pub use spiffe_authz_simulate::{described_certificate, dynamic_metadata, report, verdict};
