//! The value of a property, what it is in bytes, and what is inside it.

use std::collections::BTreeMap;

use crate::envoy::dynamic_metadata::{DynamicMetadata, MetadataValue};
use crate::pairs;

/// The value of a property, named after its byte form in `proxy_get_property`.
#[derive(Debug, Clone, PartialEq)]
pub enum PropertyValue {
    /// Text or raw bytes, as they are.
    Bytes(Vec<u8>),
    /// A boolean: one byte.
    Boolean(bool),
    /// A signed number: 8 bytes, little endian. Timestamps and durations are nanoseconds.
    Signed(i64),
    /// An unsigned number: 8 bytes, little endian.
    Unsigned(u64),
    /// A map: the byte form of a list of pairs. Each value can be read by its name.
    Map(Vec<(Vec<u8>, Vec<u8>)>),
    /// A value of a `google.protobuf.Struct`: a number is 8 bytes of a double, a list or the fields are a list of pairs; each
    /// value inside can be read by its name or its place. What holds a null has no byte form.
    Structured(MetadataValue),
    /// A protobuf message: its serialized form. Its fields can be read by their names.
    Message(ProtobufMessage),
    /// Is there, but has no byte form: reading it answers `SerializationFailure`.
    Unserializable,
    /// Is not there, nor anything inside it, even where the stream or the plugin has it.
    Absent,
}

/// A protobuf message as a property.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProtobufMessage {
    bytes: Vec<u8>,
    fields: BTreeMap<String, PropertyValue>,
}

/// What reading a path gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    Bytes(Vec<u8>),
    Absent,
    Unserializable,
}

impl PropertyValue {
    /// The bytes that the guest gets; `None` where the value has no byte form.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Boolean(value) => Some(vec![u8::from(*value)]),
            Self::Signed(value) => Some(value.to_le_bytes().to_vec()),
            Self::Unsigned(value) => Some(value.to_le_bytes().to_vec()),
            Self::Map(map) => map_bytes(map),
            Self::Structured(value) => structured_bytes(value),
            Self::Message(message) => Some(message.bytes.clone()),
            Self::Unserializable | Self::Absent => None,
        }
    }

    /// What a path leads to from here; an empty one to the value itself.
    pub(crate) fn at(&self, path: &[Vec<u8>]) -> Reading {
        let Some((name, rest)) = path.split_first() else {
            return self.whole();
        };
        match self {
            Self::Map(map) => in_map(map, name, rest),
            Self::Structured(value) => in_structured(value, path),
            Self::Message(message) => {
                let field = std::str::from_utf8(name)
                    .ok()
                    .and_then(|name| message.fields.get(name));
                field.map_or(Reading::Absent, |field| field.at(rest))
            }
            Self::Bytes(_)
            | Self::Boolean(_)
            | Self::Signed(_)
            | Self::Unsigned(_)
            | Self::Unserializable
            | Self::Absent => Reading::Absent,
        }
    }

    fn whole(&self) -> Reading {
        match (self, self.bytes()) {
            (Self::Absent, _) => Reading::Absent,
            (_, Some(bytes)) => Reading::Bytes(bytes),
            (_, None) => Reading::Unserializable,
        }
    }
}

impl ProtobufMessage {
    /// A message by its serialized form; its fields are what [`ProtobufMessage::with`] tells.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            fields: BTreeMap::new(),
        }
    }

    /// Tells what reading a field gives, by its name in the message's definition.
    #[must_use]
    pub fn with(mut self, field: impl Into<String>, value: PropertyValue) -> Self {
        self.fields.insert(field.into(), value);
        self
    }
}

impl From<Vec<u8>> for PropertyValue {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for PropertyValue {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<&str> for PropertyValue {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<DynamicMetadata> for PropertyValue {
    fn from(metadata: DynamicMetadata) -> Self {
        Self::from(&metadata)
    }
}

impl From<&DynamicMetadata> for PropertyValue {
    fn from(metadata: &DynamicMetadata) -> Self {
        let message = ProtobufMessage::new(metadata.message())
            .with("filter_metadata", Self::Structured(metadata.fields()))
            .with("typed_filter_metadata", Self::Map(Vec::new()));
        Self::Message(message)
    }
}

/// An empty map is a count of zero here, unlike an empty list of headers.
fn map_bytes(map: &[(Vec<u8>, Vec<u8>)]) -> Option<Vec<u8>> {
    if map.is_empty() {
        return Some(0_u32.to_le_bytes().to_vec());
    }
    pairs::encode(map.iter().map(|(n, v)| (n.as_slice(), v.as_slice()))).ok()
}

/// A list is pairs of its values and nothing.
fn structured_bytes(value: &MetadataValue) -> Option<Vec<u8>> {
    let pairs = match value {
        MetadataValue::Null => return None,
        MetadataValue::Number(number) => return Some(number.to_le_bytes().to_vec()),
        MetadataValue::Text(text) => return Some(text.as_bytes().to_vec()),
        MetadataValue::Boolean(value) => return Some(vec![u8::from(*value)]),
        MetadataValue::List(values) => values
            .iter()
            .map(|value| Some((structured_bytes(value)?, Vec::new())))
            .collect::<Option<Vec<_>>>()?,
        MetadataValue::Fields(fields) => fields
            .iter()
            .map(|(name, value)| Some((name.as_bytes().to_vec(), structured_bytes(value)?)))
            .collect::<Option<Vec<_>>>()?,
    };
    map_bytes(&pairs)
}

fn in_map(map: &[(Vec<u8>, Vec<u8>)], name: &[u8], rest: &[Vec<u8>]) -> Reading {
    let found = map.iter().find(|(known, _)| known == name);
    match found {
        Some((_, value)) if rest.is_empty() => Reading::Bytes(value.clone()),
        Some(_) | None => Reading::Absent,
    }
}

fn in_structured(value: &MetadataValue, path: &[Vec<u8>]) -> Reading {
    let mut value = value;
    for segment in path {
        match value.inside(segment) {
            Some(inside) => value = inside,
            None => return Reading::Absent,
        }
    }
    structured_bytes(value).map_or(Reading::Unserializable, Reading::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(value: &PropertyValue, path: &str) -> Reading {
        let path: Vec<Vec<u8>> = path
            .split('.')
            .map(|segment| segment.as_bytes().to_vec())
            .collect();
        value.at(&path)
    }

    fn bytes(bytes: &[u8]) -> Reading {
        Reading::Bytes(bytes.to_vec())
    }

    #[test]
    fn each_kind_has_the_byte_form_that_envoy_gives_it() {
        let list = MetadataValue::List(vec!["x".into(), true.into()]);
        let table = [
            (PropertyValue::Bytes(b"\xff\0".to_vec()), &b"\xff\0"[..]),
            (PropertyValue::Boolean(true), b"\x01"),
            (PropertyValue::Boolean(false), b"\0"),
            (PropertyValue::Signed(-2), b"\xfe\xff\xff\xff\xff\xff\xff\xff"),
            (PropertyValue::Unsigned(258), b"\x02\x01\0\0\0\0\0\0"),
            (
                PropertyValue::Map(vec![(b"a".to_vec(), b"b".to_vec())]),
                b"\x01\0\0\0\x01\0\0\0\x01\0\0\0a\0b\0",
            ),
            (PropertyValue::Map(Vec::new()), b"\0\0\0\0"),
            (PropertyValue::Structured(1.5.into()), b"\0\0\0\0\0\0\xf8\x3f"),
            (
                PropertyValue::Structured(list),
                b"\x02\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0x\0\0\x01\0\0",
            ),
            (PropertyValue::Message(ProtobufMessage::new("m")), b"m"),
        ];
        for (value, bytes) in table {
            assert_eq!(value.bytes().as_deref(), Some(bytes), "{value:?}");
        }
        assert_eq!(PropertyValue::Unserializable.bytes(), None);
    }

    #[test]
    fn what_holds_a_null_is_there_without_a_byte_form() {
        let fields = MetadataValue::fields([("a", "1".into()), ("b", MetadataValue::Null)]);
        let value = PropertyValue::Structured(fields);
        assert_eq!(value.at(&[]), Reading::Unserializable);
        assert_eq!(at(&value, "a"), bytes(b"1"));
        assert_eq!(at(&value, "b"), Reading::Unserializable);
    }

    #[test]
    fn a_list_is_read_by_place() {
        let value = PropertyValue::Structured(MetadataValue::List(vec!["x".into(), "y".into()]));
        assert_eq!(at(&value, "1"), bytes(b"y"));
        for nowhere in ["2", "-1", "x", "1.x"] {
            assert_eq!(at(&value, nowhere), Reading::Absent, "{nowhere}");
        }
    }

    #[test]
    fn dynamic_metadata_is_a_message_whose_namespaces_and_keys_are_read_by_name() {
        let metadata = DynamicMetadata::new().with("a.b", "k", "v");
        let value = PropertyValue::from(&metadata);
        assert_eq!(value.at(&[]), bytes(&metadata.message()));
        let namespace = b"\x01\0\0\0\x01\0\0\0\x01\0\0\0k\0v\0";
        let path = |path: &[&str]| path.iter().map(|p| p.as_bytes().to_vec()).collect::<Vec<_>>();
        assert_eq!(value.at(&path(&["filter_metadata", "a.b"])), bytes(namespace));
        assert_eq!(value.at(&path(&["filter_metadata", "a.b", "k"])), bytes(b"v"));
        assert_eq!(at(&value, "typed_filter_metadata"), bytes(b"\0\0\0\0"));
        assert_eq!(at(&value, "nope"), Reading::Absent);
    }
}
