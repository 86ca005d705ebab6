//! The proxy-wasm filter of spiffe-authz: Envoy's attributes in, continue or a local reply out.
//!
//! ```text
//! on_configure        bytes ──► PolicySet                      all errors logged, or the set is in force
//! on_request_headers  hostcalls ──attributes──► Request ──policy──► Decision ──respond──► continue | local reply
//! on_…stream_data     the same once for a TCP connection           │                └──► continue | close
//!                                                                  └──► filter state, metrics, audit line
//! ```
//! The filter decides nothing and parses no policy: that is the `policy` crate. The proxy stands behind one trait,
//! `Host` in `host.rs`. Only its adapter, `proxy_wasm_host.rs`, and `entry.rs` know the proxy-wasm ABI; all the rest
//! is plain Rust that tests run natively.
//!
//! It fails closed: an attribute that cannot be read is unreadable and never absent, a request goes on only with
//! a permit of the engine *and* the interlock's filter state set, and no code on a request's way panics.

#![cfg_attr(
    not(any(test, target_arch = "wasm32")),
    expect(
        dead_code,
        reason = "only the entry point of the wasm module calls the filter"
    )
)]

mod attributes;
mod audit;
mod certificates;
mod contexts;
mod decimal;
mod escape;
mod fingerprint;
mod host;
mod http;
mod in_force;
mod judge;
mod metrics;
mod node;
mod observed;
mod outcome;
pub mod pairs;
mod property;
mod reply;
mod respond;
mod root;
mod sampling;
mod tcp;
mod transport;
mod vm;

#[cfg(target_arch = "wasm32")]
mod entry;
#[cfg(target_arch = "wasm32")]
mod proxy_wasm_host;

#[cfg(test)]
mod fake_host;
