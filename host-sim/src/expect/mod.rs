//! Expectations of a test: on what a stream came to and on what is there now, never on a script of hostcalls.
//!
//! Each is a `Result`, so that a test ends it with `?` or `unwrap`; what is shown then says what was expected, what came, and
//! what happened, where that is traced.

mod outcome;
mod plugin;
mod stream;
pub(crate) mod unexpected;
