//! [`Walkthrough`]: a page whose commands are run, one after another, in one shell.
//!
//! A block `sh` is run; a block `console` has commands behind `$ `, and below each what it prints, with `[..]` for what
//! differs within a line and `...` for lines that are left out. `? 2` below a command is its exit code; it is 0 otherwise.

mod page;
mod shell;

pub(crate) use page::{Step, Walkthrough};
pub(crate) use shell::Shell;
