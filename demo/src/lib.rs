//! A small mesh on loopback: three applications, their Envoys with the spiffe-authz filter, their SVIDs, and a
//! table of what may pass.
//!
//! ```text
//!  frontend's application ──► its Envoy ══ mTLS ══► orders' Envoy: filter ──► orders' application
//!          ▲                                            │ access log                │ tally
//!          └──────── the demo: orders requests, and compares what came of them ◄────┘
//! ```
//! The command is `spiffe-authz-demo`. The parts are a library because the conformance tests use them as well:
//! processes that are watched and ended, Envoys, an application that answers with what it received, and a
//! client whose failures have names.

pub mod access_log;
pub mod application;
pub mod commands;
pub mod control;
pub mod envoy_process;
pub mod error;
pub mod guide;
pub mod http_request;
pub mod http_response;
pub mod identities;
pub mod interrupt;
pub mod layout;
pub mod lock;
pub mod log_tail;
pub mod mesh;
pub mod mesh_error;
pub mod migration;
pub mod mtls_client;
pub mod observation;
pub mod policies;
pub mod ports;
pub mod process;
pub mod process_identity;
pub mod process_record;
pub mod replace_file;
pub mod report;
pub mod row_runner;
pub mod scenario;
pub mod sidecars;
pub mod state;
pub mod state_error;
pub mod table;
pub mod transport_failure;
pub mod workload;

mod judgement;
mod server_verifier;

#[cfg(test)]
mod scratch;
