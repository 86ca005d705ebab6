//! What happened, in order: every callback and, within it, every hostcall with what crossed in both directions.
//!
//! Nothing is kept until a test asks for it; a VM that is not traced pays one look at an `Option` for each hostcall.

pub(crate) mod costs;
pub(crate) mod event;
mod json;
pub(crate) mod kinds;
pub(crate) mod list;
pub(crate) mod notes;
pub(crate) mod recorder;
pub(crate) mod shape;
mod text;
pub(crate) mod value;
