//! [`Node`]: where a value stands in its text, and each of its parts.

use std::ops::Range;

use spiffe_authz_policy::Document;

use crate::source::step::Step;

/// Some bytes of a text; files are small enough for 32 bits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Bytes {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Bytes {
    pub(super) fn range(self) -> Range<usize> {
        let wide = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        wide(self.start)..wide(self.end)
    }
}

impl From<Range<usize>> for Bytes {
    fn from(range: Range<usize>) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self {
            start: narrow(range.start),
            end: narrow(range.end),
        }
    }
}

/// Where a value stands, with the name that it has in a map. Its parts are those of its [`Document`], in the same order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(super) key: Option<Bytes>,
    pub(super) value: Bytes,
    pub(super) parts: Box<[Node]>,
}

/// What of a value a message is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// The name of the field, where it has one.
    Key,
    /// The value.
    Value,
}

impl Node {
    /// The node and the value of a step down; of a field that is given more than once the `nth` from 0, or the last.
    pub(crate) fn down<'n>(
        &'n self,
        document: &'n Document,
        step: &Step,
        nth: usize,
    ) -> Option<(&'n Self, &'n Document)> {
        let index = match (step, document) {
            (Step::Index(index), Document::List(_)) => *index,
            (Step::Field(name), Document::Map(entries)) => {
                let named = entries.iter().enumerate().filter(|(_, (field, _))| field == name);
                let mut indices = named.map(|(index, _)| index);
                indices.clone().nth(nth).or_else(|| indices.next_back())?
            }
            (Step::Index(_) | Step::Field(_), _) => return None,
        };
        let part = match document {
            Document::List(items) => items.get(index),
            Document::Map(entries) => entries.get(index).map(|(_, value)| value),
            Document::Null | Document::Bool(_) | Document::Number(_) | Document::String(_) => None,
        };
        Some((self.parts.get(index)?, part?))
    }

    /// The bytes to show: of a map or a list its name, or how it begins.
    pub(crate) fn shown(&self, part: Part) -> Range<usize> {
        match (part, self.key) {
            (Part::Key, Some(key)) => key.range(),
            (Part::Value, Some(key)) if !self.parts.is_empty() => key.range(),
            (Part::Key, None) | (Part::Value, _) => match self.parts.first() {
                Some(first) => first.shown(Part::Key),
                None => self.value.range(),
            },
        }
    }
}
