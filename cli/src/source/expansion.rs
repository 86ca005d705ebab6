//! [`Expansion`]: how much aliases may add to a document.

use std::collections::HashMap;

use spiffe_authz_policy::{Document, Limits};

use crate::source::node::Node;

/// Values that stand for themselves again, far beyond what people write by hand.
const MOST_VALUES: usize = 1_000_000;

/// How large a value is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// Values, itself and those in it.
    values: usize,
    /// Bytes of text in them.
    bytes: usize,
}

impl Weight {
    /// Adds one value.
    pub(super) fn add(&mut self, text: &str) {
        self.add_all(Self {
            values: 1,
            bytes: text.len(),
        });
    }

    pub(super) fn add_all(&mut self, other: Self) {
        self.values = self.values.saturating_add(other.values);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    pub(super) fn since(self, earlier: Self) -> Self {
        Self {
            values: self.values.saturating_sub(earlier.values),
            bytes: self.bytes.saturating_sub(earlier.bytes),
        }
    }
}

/// The values that have an anchor, and what has been copied of them.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    anchored: HashMap<usize, (Document, Node, Weight)>,
    copied: Weight,
}

/// There would be more copies than a document may have.
#[derive(Debug)]
pub(super) struct TooMuch;

impl Expansion {
    /// Keeps a value for the aliases to come.
    pub(super) fn keep(
        &mut self,
        anchor: usize,
        document: &Document,
        node: &Node,
        weight: Weight,
    ) -> Result<(), TooMuch> {
        if anchor != 0 {
            self.charge(weight)?;
            self.anchored
                .insert(anchor, (document.clone(), node.clone(), weight));
        }
        Ok(())
    }

    /// A copy of a value; `None` where it is not complete yet.
    pub(super) fn copy(&mut self, anchor: usize) -> Result<Option<(Document, Node, Weight)>, TooMuch> {
        let Some((_, _, weight)) = self.anchored.get(&anchor) else {
            return Ok(None);
        };
        self.charge(*weight)?;
        Ok(self.anchored.get(&anchor).cloned())
    }

    fn charge(&mut self, weight: Weight) -> Result<(), TooMuch> {
        self.copied.add_all(weight);
        let Weight { values, bytes } = self.copied;
        if values > MOST_VALUES || bytes > Limits::default().document_bytes {
            return Err(TooMuch);
        }
        Ok(())
    }
}
