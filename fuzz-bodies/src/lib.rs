//! What each fuzz target does with its bytes: plain functions that panic when a claim does not hold.
//!
//! `fuzz/` hands them libFuzzer's inputs; `tests/corpus.rs` runs them over the committed corpus and over inputs made
//! from it. A body takes any bytes, keeps nothing from one input to the next, and says in its documentation what it
//! claims.

pub mod certificate;
pub mod configuration;
pub mod decision;
mod draws;
mod effect;
pub mod header_map;
#[cfg(feature = "host-sim")]
mod host;
#[cfg(feature = "host-sim")]
pub mod hostcall_arguments;
#[cfg(feature = "hostile-host")]
pub mod hostile_host;
#[cfg(feature = "host-sim")]
pub mod module;
pub mod path_and_host;
mod policies;
pub mod spiffe_id;
