//! [`EncodedList`]: one list of a `google.protobuf.Struct` in its wire form, and its elements one after another.

use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};

use crate::config::document::{Document, DocumentError};
use crate::config::limits::Limits;
use crate::config::protobuf_struct;

/// `Struct.fields` (struct.proto).
const FIELDS: u32 = 1;
/// The key of an entry of a map.
const KEY: u32 = 1;
/// The value of an entry of a map.
const VALUE: u32 = 2;
/// `Value.list_value`
const LIST_VALUE: u32 = 6;
/// `ListValue.values`
const VALUES: u32 = 1;

/// The elements, each still encoded.
pub(crate) struct EncodedList<'t> {
    elements: Vec<&'t [u8]>,
    depth_left: usize,
}

impl<'t> EncodedList<'t> {
    /// Takes the list `name` out of an encoded `Struct`: the rest as a tree in which the list is empty, and the list.
    /// Every element can be decoded.
    ///
    /// `None` where anything is not as encoders write it: what it means is then for a whole decoder to tell.
    pub(crate) fn take(bytes: &'t [u8], name: &str, limits: Limits) -> Option<(Document, Self)> {
        let (others, list) = split(bytes, name)?;
        let mut message = Struct::decode(&*others).ok()?;
        let empty = Kind::ListValue(ListValue::default());
        message
            .fields
            .insert(name.to_owned(), Value { kind: Some(empty) });
        let document = protobuf_struct::map(message, limits.depth)?;
        let list = Self {
            elements: elements(list)?,
            // Below the map and the list.
            depth_left: limits.depth.checked_sub(2)?,
        };
        list.for_each(&mut |_, _| ()).ok()?;
        Some((document, list))
    }

    /// Decodes each element, and drops it before the next.
    ///
    /// # Errors
    /// When one cannot be decoded.
    pub(crate) fn for_each(&self, each: &mut dyn FnMut(usize, &Document)) -> Result<(), DocumentError> {
        for (index, element) in self.elements.iter().enumerate() {
            let value = Value::decode(*element).map_err(|error| DocumentError::new(error.to_string()))?;
            let document = protobuf_struct::document(value, self.depth_left);
            each(index, &document.ok_or_else(DocumentError::nested_too_deeply)?);
        }
        Ok(())
    }
}

/// The encoded entries of other names, and the one list of this name.
fn split<'t>(bytes: &'t [u8], name: &str) -> Option<(Vec<u8>, &'t [u8])> {
    let (mut left, mut others, mut list) = (bytes, Vec::new(), None);
    while !left.is_empty() {
        let before = left;
        let (key, value) = entry(message(FIELDS, &mut left)?)?;
        if key != name.as_bytes() {
            others.extend_from_slice(before.get(..before.len().checked_sub(left.len())?)?);
        } else if list.replace(only_message(LIST_VALUE, value)?).is_some() {
            return None;
        }
    }
    Some((others, list?))
}

/// Key and value of an entry of a map, in this order.
fn entry(mut bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let key = message(KEY, &mut bytes)?;
    Some((key, only_message(VALUE, bytes)?))
}

/// The encoded elements of a list.
fn elements(mut list: &[u8]) -> Option<Vec<&[u8]>> {
    let mut elements = Vec::new();
    while !list.is_empty() {
        elements.push(message(VALUES, &mut list)?);
    }
    Some(elements)
}

/// The one field of a message.
fn only_message(number: u32, mut bytes: &[u8]) -> Option<&[u8]> {
    let inner = message(number, &mut bytes)?;
    bytes.is_empty().then_some(inner)
}

/// The next field, which must have this number and a length.
fn message<'t>(number: u32, bytes: &mut &'t [u8]) -> Option<&'t [u8]> {
    let (found, wire_type) = decode_key(bytes).ok()?;
    if found != number || wire_type != WireType::LengthDelimited {
        return None;
    }
    let length = usize::try_from(decode_varint(bytes).ok()?).ok()?;
    let (inner, after) = bytes.split_at_checked(length)?;
    *bytes = after;
    Some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn text(text: &str) -> Value {
        let kind = Some(Kind::StringValue(text.to_owned()));
        Value { kind }
    }

    fn list<const N: usize>(values: [Value; N]) -> Value {
        let values = values.to_vec();
        let kind = Some(Kind::ListValue(ListValue { values }));
        Value { kind }
    }

    fn encoded<const N: usize>(fields: [(&str, Value); N]) -> Vec<u8> {
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        Struct {
            fields: fields.into(),
        }
        .encode_to_vec()
    }

    fn take(bytes: &[u8]) -> Option<(Document, Vec<Document>)> {
        let (document, list) = EncodedList::take(bytes, "list", Limits::default())?;
        let mut elements = Vec::new();
        list.for_each(&mut |_, element| elements.push(element.clone()))
            .unwrap();
        Some((document, elements))
    }

    fn json(text: &str) -> Document {
        Document::from_json(text.as_bytes(), Limits::default()).unwrap()
    }

    #[test]
    fn the_list_is_taken_out_and_the_rest_stays() {
        let bytes = encoded([
            ("a", text("b")),
            ("list", list([text("c"), list([text("d")])])),
            ("z", list([text("e")])),
        ]);
        let elements = vec![json(r#""c""#), json(r#"["d"]"#)];
        assert_eq!(
            take(&bytes),
            Some((json(r#"{"a": "b", "list": [], "z": ["e"]}"#), elements))
        );
    }

    #[test]
    fn what_encoders_do_not_write_is_left_to_a_whole_decoder() {
        let once = encoded([("list", list([text("a")]))]);
        let twice = [&*once, &*once].concat();
        let no_list = encoded([("list", text("a"))]);
        let other = encoded([("other", list([text("a")]))]);
        let unknown_field = [&*once, b"\x10\x01"].concat();
        let cut = once.split_last().unwrap().1;
        // fields { value { list_value {} } key: "list" }
        let value_first = b"\x0a\x0a\x12\x02\x32\x00\x0a\x04list";
        for bytes in [
            &*twice,
            &*no_list,
            &*other,
            &*unknown_field,
            cut,
            value_first,
            b"{}",
            b"\x0a",
        ] {
            assert_eq!(take(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn an_element_that_cannot_be_decoded_is_left_to_a_whole_decoder() {
        // fields { key: "list" value { list_value { values { string_value: "\xff" } } } }
        let bytes = b"\x0a\x0f\x0a\x04list\x12\x07\x32\x05\x0a\x03\x1a\x01\xff";
        assert_eq!(take(bytes), None);
    }

    #[test]
    fn elements_are_as_deep_as_in_the_whole_message() {
        let depth = |depth| Limits {
            depth,
            ..Limits::default()
        };
        let bytes = encoded([("list", list([list([list([])])]))]);
        assert!(EncodedList::take(&bytes, "list", depth(4)).is_some());
        assert!(EncodedList::take(&bytes, "list", depth(3)).is_none());
        assert!(EncodedList::take(&bytes, "list", depth(1)).is_none());
    }
}
