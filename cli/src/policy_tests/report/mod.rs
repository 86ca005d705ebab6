//! What became of the cases, for people and for machines.

mod coverage;
mod human;
mod json;
mod junit;
mod matrix;
mod style;

pub(super) use human::human;
pub(super) use json::json;
pub(super) use junit::junit;
