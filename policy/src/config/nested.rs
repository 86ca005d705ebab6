//! [`Nested`]: how a JSON or YAML value becomes a tree, or part of one.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::config::document::Document;
use crate::config::limits::Limits;

pub(crate) const NESTED_TOO_DEEPLY: &str = "nested too deeply";

/// One level of the tree, with the levels that may still lie below it.
#[derive(Clone, Copy)]
pub(crate) struct Nested {
    depth_left: usize,
    kept: Kept,
}

/// How much of a value becomes a tree. All of it is read, whatever is kept: that it can be read is then known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kept {
    /// All of it.
    Whole,
    /// Of a map all but the elements of the list of this name, which is left empty.
    AllButElementsOf(&'static str),
    /// Of a list that it is one, and anything else whole.
    NoElements,
    /// Nothing: `null` stands for it.
    Nothing,
}

impl Kept {
    fn of_field(self, name: &str) -> Self {
        match self {
            Self::AllButElementsOf(list) if list == name => Self::NoElements,
            Self::Whole | Self::AllButElementsOf(_) | Self::NoElements => Self::Whole,
            Self::Nothing => Self::Nothing,
        }
    }

    fn of_elements(self) -> Self {
        match self {
            Self::Whole | Self::AllButElementsOf(_) => Self::Whole,
            Self::NoElements | Self::Nothing => Self::Nothing,
        }
    }
}

impl Nested {
    /// The outermost level.
    pub(crate) fn new(limits: Limits, kept: Kept) -> Self {
        Self {
            depth_left: limits.depth,
            kept,
        }
    }

    pub(crate) fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth_left = self
            .depth_left
            .checked_sub(1)
            .ok_or_else(|| E::custom(NESTED_TOO_DEEPLY))?;
        Ok(Self { depth_left, ..self })
    }

    pub(crate) fn keeping(self, kept: Kept) -> Self {
        Self { kept, ..self }
    }

    fn keeps(self) -> bool {
        self.kept != Kept::Nothing
    }

    /// What stands for a plain value.
    fn plain<E>(self, value: impl FnOnce() -> Document) -> Result<Document, E> {
        Ok(if self.keeps() { value() } else { Document::Null })
    }
}

impl<'de> DeserializeSeed<'de> for Nested {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested {
    type Value = Document;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_none<E>(self) -> Result<Document, E> {
        Ok(Document::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Document, E> {
        self.plain(|| Document::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Document, E> {
        self.plain(|| Document::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Document, E> {
        self.plain(|| Document::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Document, E> {
        self.plain(|| Document::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Document, E> {
        self.plain(|| Document::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Document, E> {
        self.plain(|| Document::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Document, A::Error> {
        let nested = self.deeper()?.keeping(self.kept.of_elements());
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(nested)? {
            if nested.keeps() {
                list.push(item);
            }
        }
        self.plain(|| Document::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Document, A::Error> {
        let nested = self.deeper()?;
        let mut map = Vec::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            let value = entries.next_value_seed(nested.keeping(self.kept.of_field(&key)))?;
            if self.keeps() {
                map.push((key, value));
            }
        }
        self.plain(|| Document::Map(map))
    }
}

/// A key of a map. YAML writes `8080:` for what Kubernetes stores as `"8080":`.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = Nested {
            depth_left: 0,
            kept: Kept::Whole,
        };
        match key.deserialize(deserializer)? {
            Document::String(key) | Document::Number(key) => Ok(key),
            other @ (Document::Null | Document::Bool(_) | Document::List(_) | Document::Map(_)) => Err(
                D::Error::custom(format!("expected a field name, found {}", other.kind())),
            ),
        }
    }
}
