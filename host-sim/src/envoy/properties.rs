//! The properties that a test gives a plugin or a stream, in Envoy's encodings.

use std::collections::BTreeMap;

use crate::pairs;

/// The property that holds a stream's dynamic metadata.
pub(crate) const DYNAMIC_METADATA: &str = "metadata";

/// The value of a property, named after its byte form in `proxy_get_property`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyValue {
    /// Text or raw bytes, as they are; a protobuf message in its serialized form too.
    Bytes(Vec<u8>),
    /// A boolean: one byte.
    Boolean(bool),
    /// A signed number: 8 bytes, little endian. Timestamps and durations are nanoseconds.
    Signed(i64),
    /// An unsigned number: 8 bytes, little endian.
    Unsigned(u64),
    /// A map: the byte form of a list of pairs.
    Map(Vec<(Vec<u8>, Vec<u8>)>),
    /// Is there, but has no byte form: reading it answers `SerializationFailure`.
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
            Self::Map(map) => pairs::encode(map.iter().map(|(n, v)| (n.as_slice(), v.as_slice()))).ok(),
            Self::Unserializable => None,
        }
    }
}

/// What reading a path gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    Bytes(Vec<u8>),
    Absent,
    Unserializable,
}

/// Properties by path, built by chaining; a path that is not set is absent.
///
/// ```
/// use spiffe_authz_host_sim::Properties;
/// let properties = Properties::new()
///     .boolean(["connection", "mtls"], true)
///     .string(["connection", "uri_san_peer_certificate"], "spiffe://cluster.local/ns/shop/sa/frontend")
///     .map(["xds", "node", "metadata", "LABELS"], [("app", "payments")]);
/// assert_eq!(properties.len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    values: BTreeMap<Vec<Vec<u8>>, PropertyValue>,
}

impl Properties {
    /// No properties.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            values: BTreeMap::new(),
        }
    }

    /// Sets a property to a value of any kind; the last value of a path counts.
    #[must_use]
    pub fn with<S: AsRef<[u8]>>(mut self, path: impl IntoIterator<Item = S>, value: PropertyValue) -> Self {
        let path = path
            .into_iter()
            .map(|segment| segment.as_ref().to_vec())
            .collect();
        self.values.insert(path, value);
        self
    }

    /// Sets a property to text or raw bytes.
    #[must_use]
    pub fn string<S: AsRef<[u8]>>(
        self,
        path: impl IntoIterator<Item = S>,
        value: impl Into<Vec<u8>>,
    ) -> Self {
        self.with(path, PropertyValue::Bytes(value.into()))
    }

    /// Sets a property to a boolean.
    #[must_use]
    pub fn boolean<S: AsRef<[u8]>>(self, path: impl IntoIterator<Item = S>, value: bool) -> Self {
        self.with(path, PropertyValue::Boolean(value))
    }

    /// Sets a property to a signed number.
    #[must_use]
    pub fn signed<S: AsRef<[u8]>>(self, path: impl IntoIterator<Item = S>, value: i64) -> Self {
        self.with(path, PropertyValue::Signed(value))
    }

    /// Sets a property to an unsigned number.
    #[must_use]
    pub fn unsigned<S: AsRef<[u8]>>(self, path: impl IntoIterator<Item = S>, value: u64) -> Self {
        self.with(path, PropertyValue::Unsigned(value))
    }

    /// Sets a property to a map of text to text.
    #[must_use]
    pub fn map<S: AsRef<[u8]>, N: Into<Vec<u8>>, V: Into<Vec<u8>>>(
        self,
        path: impl IntoIterator<Item = S>,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let pairs = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        self.with(path, PropertyValue::Map(pairs))
    }

    /// Sets the value of a key of filter state, as a filter in front of the plugin does; the key may have dots.
    #[must_use]
    pub fn filter_state(self, key: impl AsRef<[u8]>, value: impl Into<Vec<u8>>) -> Self {
        self.string([b"filter_state", key.as_ref()], value)
    }

    /// Sets the dynamic metadata of a stream: a serialized `envoy.config.core.v3.Metadata`, such as that of
    /// [`DynamicMetadata`](crate::DynamicMetadata). Without it a stream's is the empty message.
    #[must_use]
    pub fn dynamic_metadata(self, message: impl Into<Vec<u8>>) -> Self {
        self.string([DYNAMIC_METADATA], message)
    }

    /// Takes a property away again.
    #[must_use]
    pub fn without<S: AsRef<[u8]>>(mut self, path: impl IntoIterator<Item = S>) -> Self {
        let path: Vec<Vec<u8>> = path
            .into_iter()
            .map(|segment| segment.as_ref().to_vec())
            .collect();
        self.values.remove(&path);
        self
    }

    /// Both; where both have a path, the value of `other` counts.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.values.extend(other.values);
        self
    }

    /// How many properties are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Reads a path; one that only leads to other properties is there, but has no byte form, as in Envoy.
    pub(crate) fn read(&self, path: &[Vec<u8>]) -> Reading {
        match self.values.get(path) {
            Some(value) => value.bytes().map_or(Reading::Unserializable, Reading::Bytes),
            None if self.leads_on(path) => Reading::Unserializable,
            None => self.read_in_map(path),
        }
    }

    fn leads_on(&self, path: &[Vec<u8>]) -> bool {
        let next = self.values.range(path.to_vec()..).next();
        next.is_some_and(|(known, _)| known.starts_with(path))
    }

    /// The last segment as a name inside a map: `LABELS` is a map, and `LABELS`, `app` one of its values.
    fn read_in_map(&self, path: &[Vec<u8>]) -> Reading {
        let Some((name, parent)) = path.split_last() else {
            return Reading::Absent;
        };
        let Some(PropertyValue::Map(pairs)) = self.values.get(parent) else {
            return Reading::Absent;
        };
        let found = pairs.iter().find(|(known, _)| known == name);
        found.map_or(Reading::Absent, |(_, value)| Reading::Bytes(value.clone()))
    }
}

/// Splits a path of a hostcall at its NULs; one NUL at the end adds nothing, as in Envoy.
pub(crate) fn split_path(path: &[u8]) -> Vec<Vec<u8>> {
    if path.is_empty() {
        return Vec::new();
    }
    let path = path.strip_suffix(b"\0").unwrap_or(path);
    path.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(properties: &Properties, path: &str) -> Reading {
        properties.read(&split_path(path.replace('.', "\0").as_bytes()))
    }

    #[test]
    fn each_kind_has_the_byte_form_that_envoy_gives_it() {
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
        ];
        for (value, bytes) in table {
            assert_eq!(value.bytes().as_deref(), Some(bytes), "{value:?}");
        }
        assert_eq!(PropertyValue::Unserializable.bytes(), None);
    }

    #[test]
    fn an_empty_value_is_present_and_an_unset_one_absent() {
        let properties = Properties::new().string(["a", "b"], "");
        assert_eq!(read(&properties, "a.b"), Reading::Bytes(Vec::new()));
        assert_eq!(read(&properties, "a.c"), Reading::Absent);
        assert_eq!(read(&properties, "a.b.c"), Reading::Absent);
    }

    #[test]
    fn a_path_that_only_leads_to_others_has_no_byte_form() {
        let properties = Properties::new().string(["a", "b"], "x");
        assert_eq!(read(&properties, "a"), Reading::Unserializable);
    }

    #[test]
    fn a_name_inside_a_map_is_readable_by_itself() {
        let properties = Properties::new().map(["node", "LABELS"], [("app", "payments")]);
        assert_eq!(
            read(&properties, "node.LABELS.app"),
            Reading::Bytes(b"payments".to_vec())
        );
        assert_eq!(read(&properties, "node.LABELS.tier"), Reading::Absent);
    }

    #[test]
    fn the_last_value_of_a_path_counts() {
        let properties = Properties::new()
            .boolean(["a"], true)
            .and(Properties::new().boolean(["a"], false));
        assert_eq!(read(&properties, "a"), Reading::Bytes(vec![0]));
        assert_eq!(read(&properties.without(["a"]), "a"), Reading::Absent);
    }

    #[test]
    fn a_path_is_split_at_its_nuls() {
        let expected: [(&[u8], &[&[u8]]); 6] = [
            (b"", &[]),
            (b"\0", &[b""]),
            (b"a", &[b"a"]),
            (b"a\0", &[b"a"]),
            (b"a\0b", &[b"a", b"b"]),
            (b"a\0\0b", &[b"a", b"", b"b"]),
        ];
        for (path, segments) in expected {
            assert_eq!(split_path(path), segments, "{path:?}");
        }
    }
}
