//! [`HeaderNames`]: the headers that policies read.

use std::collections::BTreeSet;

use crate::rule::attribute_name::HeaderName;

/// A set of names in lower case, pseudo-headers among them.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderNames(BTreeSet<Box<[u8]>>);

impl HeaderNames {
    /// Adds every name that the header goes by.
    pub(crate) fn add(&mut self, name: &HeaderName) {
        match name {
            HeaderName::Method => self.insert(b":method"),
            HeaderName::Path => self.insert(b":path"),
            HeaderName::Authority => {
                self.insert(b":authority");
                self.insert(b"host");
            }
            HeaderName::Listed(name) => self.insert(name),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the name, in any case, is in the set.
    pub(crate) fn contains(&self, name: &[u8]) -> bool {
        self.0.contains(name.to_ascii_lowercase().as_slice())
    }

    fn insert(&mut self, name: &[u8]) {
        self.0.insert(name.into());
    }
}
