//! Dynamic metadata, as the filters in front of a plugin write it, in the byte form that Envoy gives a plugin.
//!
//! Source: `envoy.config.core.v3.Metadata` and `google.protobuf.Struct`, whose field numbers are the tags below.

use std::collections::BTreeMap;

use crate::envoy::wire::delimited;

/// Names and values: a `google.protobuf.Struct`.
type Fields = BTreeMap<String, MetadataValue>;

/// The dynamic metadata of a stream, built by chaining.
///
/// ```
/// use spiffe_authz_host_sim::{DynamicMetadata, MetadataValue, Properties};
/// let claims = MetadataValue::fields([("iss", "https://issuer".into()), ("sub", "alice".into())]);
/// let metadata = DynamicMetadata::new().with("envoy.filters.http.jwt_authn", "payload", claims);
/// let properties = Properties::new().dynamic_metadata(metadata);
/// assert_eq!(properties.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DynamicMetadata {
    namespaces: BTreeMap<String, Fields>,
}

/// A value in dynamic metadata: a `google.protobuf.Value`.
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataValue {
    /// The null value.
    Null,
    /// A number; there are no others than this kind.
    Number(f64),
    /// Text.
    Text(String),
    /// A boolean.
    Boolean(bool),
    /// Values in order.
    List(Vec<Self>),
    /// Values by name.
    Fields(BTreeMap<String, Self>),
}

impl DynamicMetadata {
    /// No metadata.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            namespaces: BTreeMap::new(),
        }
    }

    /// Sets a key of a namespace, which is the name of the filter that writes it; the last value counts.
    #[must_use]
    pub fn with(
        mut self,
        namespace: impl Into<String>,
        key: impl Into<String>,
        value: impl Into<MetadataValue>,
    ) -> Self {
        let fields = self.namespaces.entry(namespace.into()).or_default();
        fields.insert(key.into(), value.into());
        self
    }

    /// The namespaces and what is in them, as one value.
    pub(crate) fn fields(&self) -> MetadataValue {
        let namespaces = self.namespaces.iter();
        MetadataValue::fields(
            namespaces.map(|(name, fields)| (name.clone(), MetadataValue::Fields(fields.clone()))),
        )
    }

    /// The serialized `envoy.config.core.v3.Metadata`.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        entries(
            self.namespaces
                .iter()
                .map(|(name, fields)| (name, fields_message(fields))),
        )
    }
}

impl MetadataValue {
    /// Values by name; the last value of a name counts.
    #[must_use]
    pub fn fields<N: Into<String>>(fields: impl IntoIterator<Item = (N, Self)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
        Self::Fields(fields.collect())
    }

    /// The value of this name in fields, or at this place in a list.
    pub(crate) fn inside(&self, segment: &[u8]) -> Option<&Self> {
        let segment = std::str::from_utf8(segment).ok()?;
        match self {
            Self::Fields(fields) => fields.get(segment),
            Self::List(values) => values.get(segment.parse::<usize>().ok()?),
            Self::Null | Self::Number(_) | Self::Text(_) | Self::Boolean(_) => None,
        }
    }

    /// The serialized `google.protobuf.Struct` of fields; of any other value that of none.
    pub(crate) fn struct_message(&self) -> Vec<u8> {
        match self {
            Self::Fields(fields) => fields_message(fields),
            Self::Null | Self::Number(_) | Self::Text(_) | Self::Boolean(_) | Self::List(_) => Vec::new(),
        }
    }

    /// The serialized `google.protobuf.Value`.
    fn message(&self) -> Vec<u8> {
        match self {
            Self::Null => vec![tag::NULL, 0],
            Self::Number(number) => [&[tag::NUMBER], number.to_le_bytes().as_slice()].concat(),
            Self::Text(text) => delimited(tag::TEXT, text.as_bytes()),
            Self::Boolean(value) => vec![tag::BOOLEAN, u8::from(*value)],
            Self::List(values) => delimited(tag::LIST, &list_message(values)),
            Self::Fields(fields) => delimited(tag::FIELDS, &fields_message(fields)),
        }
    }
}

impl From<&str> for MetadataValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for MetadataValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for MetadataValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Vec<Self>> for MetadataValue {
    fn from(values: Vec<Self>) -> Self {
        Self::List(values)
    }
}

/// Field number and wire type of each field, in one byte.
mod tag {
    /// The only field of `Metadata` that is written, of `Struct` and of `ListValue`.
    pub(super) const ENTRY: u8 = 0x0a;
    pub(super) const ENTRY_KEY: u8 = 0x0a;
    pub(super) const ENTRY_VALUE: u8 = 0x12;
    pub(super) const NULL: u8 = 0x08;
    pub(super) const NUMBER: u8 = 0x11;
    pub(super) const TEXT: u8 = 0x1a;
    pub(super) const BOOLEAN: u8 = 0x20;
    pub(super) const FIELDS: u8 = 0x2a;
    pub(super) const LIST: u8 = 0x32;
}

fn fields_message(fields: &Fields) -> Vec<u8> {
    entries(fields.iter().map(|(name, value)| (name, value.message())))
}

fn list_message(values: &[MetadataValue]) -> Vec<u8> {
    let values = values.iter().map(|value| delimited(tag::ENTRY, &value.message()));
    values.collect::<Vec<_>>().concat()
}

/// A map of text to messages.
fn entries<'n>(entries: impl Iterator<Item = (&'n String, Vec<u8>)>) -> Vec<u8> {
    let messages = entries.map(|(name, message)| {
        let key = delimited(tag::ENTRY_KEY, name.as_bytes());
        let value = delimited(tag::ENTRY_VALUE, &message);
        delimited(tag::ENTRY, &[key, value].concat())
    });
    messages.collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_metadata_is_no_bytes() {
        assert_eq!(DynamicMetadata::new().message(), b"");
    }

    #[test]
    fn a_value_is_wrapped_into_its_key_and_its_namespace() {
        let metadata = DynamicMetadata::new().with("ns", "k", "v");
        let expected = b"\x0a\x10\x0a\x02ns\x12\x0a\x0a\x08\x0a\x01k\x12\x03\x1a\x01v";
        assert_eq!(metadata.message(), expected);
    }

    #[test]
    fn each_kind_of_value_has_its_field() {
        let table: [(MetadataValue, &[u8]); 7] = [
            (MetadataValue::Null, b"\x08\0"),
            (1.0.into(), b"\x11\0\0\0\0\0\0\xf0\x3f"),
            ("".into(), b"\x1a\0"),
            (true.into(), b"\x20\x01"),
            (false.into(), b"\x20\0"),
            (
                vec!["a".into(), MetadataValue::Null].into(),
                b"\x32\x09\x0a\x03\x1a\x01a\x0a\x02\x08\0",
            ),
            (
                MetadataValue::fields([("a", true.into())]),
                b"\x2a\x09\x0a\x07\x0a\x01a\x12\x02\x20\x01",
            ),
        ];
        for (value, message) in table {
            assert_eq!(value.message(), message, "{value:?}");
        }
    }
}
