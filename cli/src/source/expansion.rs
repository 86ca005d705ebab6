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

#[cfg(test)]
mod tests {
    use super::*;

    const MOST_BYTES: usize = 16 << 20;

    fn weight(values: usize, bytes: usize) -> Weight {
        Weight { values, bytes }
    }

    /// Keeps a value of this weight under an anchor, and copies it as often.
    fn copied(weight: Weight, copies: usize) -> Result<(), TooMuch> {
        let mut expansion = Expansion::default();
        expansion.keep(1, &Document::Null, &Node::default(), weight)?;
        for _ in 0..copies {
            assert!(expansion.copy(1)?.is_some());
        }
        Ok(())
    }

    #[test]
    fn a_million_values_may_be_kept_and_copied_and_not_one_more() {
        assert_eq!(Limits::default().document_bytes, MOST_BYTES);
        for (weight, copies, is_allowed) in [
            (weight(1_000_000, 0), 0, true),
            (weight(1_000_001, 0), 0, false),
            (weight(500_000, 0), 1, true),
            (weight(500_001, 0), 1, false),
            (weight(1_000, 0), 999, true),
            (weight(1_000, 0), 1_000, false),
            (weight(1, MOST_BYTES), 0, true),
            (weight(1, MOST_BYTES + 1), 0, false),
            (weight(1, MOST_BYTES / 4), 3, true),
            (weight(1, MOST_BYTES / 4), 4, false),
            (weight(usize::MAX, usize::MAX), 1, false),
        ] {
            assert_eq!(copied(weight, copies).is_ok(), is_allowed, "{weight:?} {copies}");
        }
    }

    #[test]
    fn what_has_no_anchor_costs_nothing() {
        let mut expansion = Expansion::default();
        for _ in 0..3 {
            let heavy = weight(usize::MAX, usize::MAX);
            assert!(
                expansion
                    .keep(0, &Document::Null, &Node::default(), heavy)
                    .is_ok()
            );
        }
        assert!(matches!(expansion.copy(0), Ok(None)));
    }

    #[test]
    fn an_anchor_that_is_not_complete_has_no_copy() {
        let mut expansion = Expansion::default();
        assert!(matches!(expansion.copy(7), Ok(None)));
    }

    #[test]
    fn a_weight_is_what_was_added_since() {
        let mut whole = Weight::default();
        whole.add("abc");
        let before = whole;
        whole.add("de");
        whole.add("");
        let since = whole.since(before);
        assert_eq!((since.values, since.bytes), (2, 2));
        assert_eq!((whole.values, whole.bytes), (3, 5));
    }
}
