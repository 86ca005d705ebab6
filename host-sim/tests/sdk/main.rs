//! The host as an author of plugins meets it: plugins written with the Rust SDK, one for each area of the ABI, driven
//! through the public API.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests outside `#[test]` functions, which clippy.toml does not reach"
)]

mod bodies;
mod build;
mod foreign;
mod grpc;
mod headers;
mod hostile_host;
mod http_calls;
mod kit;
mod local_reply;
mod logging;
mod metrics;
mod properties;
mod queues;
mod shared_data;
mod tcp;
mod timers;
