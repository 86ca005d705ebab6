//! [`Location`]: where in which text something stands.

use std::ops::Range;

/// Some bytes of a source.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Location {
    /// The index of the source.
    pub(crate) source: usize,
    /// The bytes of its text.
    pub(crate) span: Range<usize>,
}

/// Where a place of a configuration comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Located {
    /// A text.
    Text(Location),
    /// An option of the command, such as `--namespace`.
    Option(&'static str),
    /// Nowhere: the configuration was put together, and nobody wrote this part of it.
    Nowhere,
}
