//! Requests for a verb to judge: from flags, from a file, or from a line that a proxy logged.
//!
//! Whatever the form, it becomes a request document, which the engine reads: nothing is filled in but the time, which the
//! answer then says.

mod arguments;
mod asked;
mod document;
mod error;
mod file;
mod given;
mod log;
mod time;

pub(crate) use arguments::RequestArguments;
pub(crate) use asked::{Asked, Logged};
pub(crate) use error::RequestError;
