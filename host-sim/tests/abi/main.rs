//! The host seen from the guest's side: small plugins in WebAssembly text call the raw ABI and log what they get.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests outside `#[test]` functions, which clippy.toml does not reach"
)]

mod abi_0_1_0;
mod assertions;
mod attributes;
mod buffers;
mod chronicle;
mod closing;
mod delayed_done;
mod effective_context;
mod failure_policies;
mod faults;
mod foreign_functions;
mod grpc;
mod guest;
mod headers;
mod hostile_host;
mod http_bodies;
mod http_calls;
mod life_cycle;
mod limits;
mod local_replies;
mod logging;
mod memory_safety;
mod metering;
mod metrics;
mod module_cache;
mod modules;
mod nonsense;
mod pausing;
mod phases_of_replies;
mod properties;
mod several_roots;
mod shared_data;
mod shared_queues;
mod tcp_streams;
mod timers;
mod trace;
mod trailers;
mod wasi;
mod workers;
