//! The AuthorizationPolicies that admit what was seen, and nothing more.
//!
//! [`Collector`] keeps what may be learned from and counts what may not, with the reason. [`learn`] makes of it one
//! policy a workload namespace: paths become templates where a threshold allows it, and rules are merged so that no
//! combination is admitted that was not seen. [`verify`] asks the engine whether that is so.
//!
//! A rule is a set of peers and a set of operations of which every combination was seen; the fewest such rules are searched
//! for, and [`Minimality`] says whether they were found.

mod access;
mod collector;
mod cover;
mod generalise;
mod learned;
mod not_learned;
mod operations;
mod options;
mod resource;
mod rules;
mod verify;
mod wide;
mod yaml;

pub use access::{Access, LearnedPeer, Operation};
pub use collector::{Collector, Place, Sighting, TooMany};
pub use cover::Minimality;
pub use generalise::Template;
pub use learned::{LearnedPolicy, learn};
pub use not_learned::{NotLearned, Refusals};
pub use operations::OperationBox;
pub use options::{Generalise, IncludedCause, LearnOptions, Target};
pub use rules::LearnedRule;
pub use verify::{Mismatch, Verification, verify};
pub use wide::{Wide, wide};
