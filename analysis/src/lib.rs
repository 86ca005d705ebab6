//! What policies say about each other, and about traffic that was seen: a pure library for the command line.
//!
//! Nothing is decided here. Where a decision is needed, the engine is asked.

pub mod coverage;
pub mod difference;
pub mod inventory;
pub mod learn;
pub mod lint;
pub mod observed;
pub mod readiness;
