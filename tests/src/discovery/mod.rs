//! xDS for tests: a server that hands resources to real Envoys, and remembers what they made of them.
//!
//! ```text
//! publish(resource) ─► Shelf ─► stream of one Envoy (state of the world, or delta) ─► ACK or NACK ─► Answers
//! ```

pub mod answers;
pub mod bootstrap;
pub mod extension;
pub mod messages;
pub mod secret;
pub mod server;
pub mod service;
pub mod shelf;
mod stream;

pub use answers::{Answer, Answers};
pub use server::DiscoveryServer;
pub use shelf::{Resource, Shelf, Version};
