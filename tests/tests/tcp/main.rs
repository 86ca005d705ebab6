//! Connections to an application that does not speak HTTP, through the sidecar that is shipped.

mod chain;
mod databases;
mod lifetime;
mod observability;
mod peer_authentication;
mod policies;
mod table;
mod transfers;
