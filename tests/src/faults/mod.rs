//! Faults of the filter in a real Envoy, and what reaches the application while they last.
//!
//! ```text
//! Fault ──breaks──► Stage (bootstrap, discovery file, module) ──► Envoy ◄── Load (peers, some allowed, some denied)
//!                                                                   └──► the application records every arrival ──► Outcome
//! ```
//! A faulty module is the built filter with one callback changed ([`rewriting`]), wherever that can make the fault.

pub(crate) mod answer;
mod application;
mod breakage;
mod cause;
pub(crate) mod client;
mod fault;
mod kind;
mod list;
mod load;
mod mark;
mod outcome;
pub mod rewriting;
mod run;
mod stage;
mod table;

pub use fault::{Arriving, Fault, Recovery};
pub use kind::Kind;
pub use list::FAULTS;
pub use outcome::Outcome;
pub use run::{Interlock, Until, run};
pub use table::{Row, table};
