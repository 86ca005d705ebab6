//! What it takes to run a real Envoy in a test: certificates, listeners, an application behind, a client in front.

mod access_lines;
pub mod admin;
pub mod application;
pub mod batch;
pub mod bundle_map;
pub mod client;
pub mod conformance_listener;
mod connection_log;
pub mod echo;
pub mod guarded;
pub mod guarded_tcp;
pub mod http2;
mod http_case;
pub mod identities;
pub mod metadata_headers;
pub mod more_listeners;
pub mod mysql;
pub mod orders;
mod plan;
pub mod postgres;
pub mod proxy_header;
pub mod refusals;
pub mod running;
mod server_identity;
mod tcp_case;
pub mod token_issuer;
pub mod tripwire;
