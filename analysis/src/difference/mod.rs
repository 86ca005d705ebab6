//! Which decisions change from one policy set to another: not a comparison of texts.
//!
//! Requests are divided into classes that neither set tells apart: by the values that the policies of both compare each
//! attribute with, and by the engine's own word on which of them hold (`space`). Both sets are then boxes over these
//! classes (`boxes`), and a decision diagram finds every combination of classes where the decisions differ (`solve`),
//! without going through them all. Each one found is confirmed by the engine on requests of its own.

mod asked;
mod boxes;
mod candidates;
mod clause;
mod compare;
mod confirm;
mod describe;
mod dimension;
mod fragment;
mod judges;
mod merge;
mod parts;
mod raw;
mod report;
mod scene;
mod side;
mod solve;
mod solved;
mod space;
mod table;
mod target;
#[cfg(test)]
mod tests;

pub use compare::{compare, groups};
pub use describe::Described;
pub use dimension::Dimension;
pub use report::{
    Change, Coverage, DifferenceError, DimensionCoverage, SceneCoverage, TargetDifference, Verdict,
};
pub use scene::{Scene, Shown, Spoken};
pub use side::Side;
pub use solve::Direction;
pub use target::{Target, targets};
