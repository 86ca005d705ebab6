//! The filter against Envoy's own RBAC, rendered from the same configuration: the same requests, on one Envoy.
//!
//! A [`Round`] is a configuration and requests for it. [`run`] gives every configuration two listeners, one with the built
//! filter and one with the native filters, sends each request to both, and compares: whether it is allowed, and in
//! `%RESPONSE_CODE_DETAILS%` the rule that denied it.

mod aligned;
mod answer;
mod batch;
mod connection;
mod corpus_case;
mod exchange;
mod facts;
mod listeners;
mod round;
mod sendable;
mod shrink;
mod tally;
mod tls;

pub use answer::{Answer, Answers};
pub use batch::{Outcome, run};
pub use connection::HttpVersion;
pub use corpus_case::corpus_case;
pub use round::{Round, Sent};
pub use shrink::shrink;
pub use tally::Tally;
