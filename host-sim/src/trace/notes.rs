//! What a hostcall notes while it is served.

use crate::trace::kinds;
use crate::trace::value::{TraceBytes, TraceValue};

/// A value that crosses between guest and host in a hostcall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Noted {
    Number(i128),
    Bytes(TraceBytes),
    /// Bytes that the host did not get.
    Unread {
        pointer: u32,
        length: u32,
    },
}

/// Values by the names of the ABI's parameters, in order.
pub(crate) type NamedNotes = Vec<(&'static str, Noted)>;

/// What one hostcall was given and what it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notes {
    /// How many events had begun and not ended when it began, itself included.
    pub(crate) depth: usize,
    pub(crate) given: NamedNotes,
    pub(crate) gave: NamedNotes,
}

impl Notes {
    pub(crate) const fn new(depth: usize) -> Self {
        Self {
            depth,
            given: Vec::new(),
            gave: Vec::new(),
        }
    }
}

/// The values of a hostcall, with their meaning.
pub(crate) fn named(hostcall: &str, notes: NamedNotes) -> Vec<(&'static str, TraceValue)> {
    let notes = notes.into_iter();
    notes
        .map(|(name, noted)| (name, kinds::of_hostcall(hostcall, name).noted(noted)))
        .collect()
}
