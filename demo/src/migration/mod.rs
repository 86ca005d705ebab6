//! The parts of a walk from PERMISSIVE to STRICT: who comes to payments and how, what `spiffe-authz readiness` says of
//! it, and the traffic that must not notice the change.

pub mod addresses;
pub mod error;
pub mod kept_connection;
pub mod load;
pub mod peer;
pub mod readiness;
pub mod report;
pub mod verdict;
