//! [`Elements`]: the elements of one list of a JSON document, one after another.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::config::document::{Document, DocumentError};
use crate::config::limits::Limits;
use crate::config::nested::{Kept, Key, Nested};

/// What is done with an element, by its index.
type Each<'e> = &'e mut dyn FnMut(usize, &Document);

/// Reads each element of the list that is the first field `name` of the document, and drops it before the next.
///
/// # Errors
/// When the document is no JSON, or the field no list.
pub(crate) fn for_each(
    bytes: &[u8],
    name: &'static str,
    limits: Limits,
    each: Each<'_>,
) -> Result<(), DocumentError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let nested = Nested::new(limits, Kept::Whole);
    let holder = Holder { name, nested, each };
    reader
        .deserialize_map(holder)
        .map_err(|error| DocumentError::new(error.to_string()))
}

/// The map that holds the list.
struct Holder<'e> {
    name: &'static str,
    nested: Nested,
    each: Each<'e>,
}

impl<'de> Visitor<'de> for Holder<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Self { name, nested, each } = self;
        let nested = nested.deeper()?;
        let mut elements = Some(Elements { nested, each });
        while let Some(key) = entries.next_key_seed(Key)? {
            match elements.take_if(|_| key == name) {
                Some(elements) => entries.next_value_seed(elements)?,
                None => {
                    entries.next_value_seed(nested.keeping(Kept::Nothing))?;
                }
            }
        }
        Ok(())
    }
}

/// The list.
struct Elements<'e> {
    nested: Nested,
    each: Each<'e>,
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let nested = self.nested.deeper()?;
        let mut index: usize = 0;
        while let Some(element) = items.next_element_seed(nested)? {
            (self.each)(index, &element);
            index = index.saturating_add(1);
        }
        Ok(())
    }
}
