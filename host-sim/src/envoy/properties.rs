//! The properties that a test gives a plugin or a stream, in Envoy's encodings.

use std::collections::BTreeMap;

use crate::envoy::property_value::{PropertyValue, Reading};

/// The property that holds a stream's dynamic metadata.
pub(crate) const DYNAMIC_METADATA: &str = "metadata";

/// A path of segments, and what it leads to.
type Values = BTreeMap<Vec<Vec<u8>>, PropertyValue>;

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
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Properties {
    values: Values,
    /// There once the request has gone to the upstream.
    once_upstream: Values,
}

impl Properties {
    /// No properties.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            values: BTreeMap::new(),
            once_upstream: BTreeMap::new(),
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

    /// Sets the value of a key of the upstream connection's filter state, which is there once the request has gone to the
    /// upstream.
    #[must_use]
    pub fn upstream_filter_state(self, key: impl AsRef<[u8]>, value: impl Into<Vec<u8>>) -> Self {
        self.once_upstream(Self::new().string([b"upstream_filter_state", key.as_ref()], value))
    }

    /// Sets the dynamic metadata of a stream: a [`DynamicMetadata`](crate::DynamicMetadata), or the bytes of a serialized
    /// `envoy.config.core.v3.Metadata`, of which no field can be read by its name. Without it a stream's is empty.
    #[must_use]
    pub fn dynamic_metadata(self, metadata: impl Into<PropertyValue>) -> Self {
        self.with([DYNAMIC_METADATA], metadata.into())
    }

    /// Sets properties that are there once the request has gone past the plugin to the upstream; in a TCP stream, once its
    /// first bytes are there.
    #[must_use]
    pub fn once_upstream(mut self, properties: Self) -> Self {
        self.once_upstream.extend(properties.values);
        self.once_upstream.extend(properties.once_upstream);
        self
    }

    /// Takes away what the stream or the plugin would have by itself: the path, and every path that it leads on to.
    #[must_use]
    pub fn absent<S: AsRef<[u8]>>(self, path: impl IntoIterator<Item = S>) -> Self {
        self.with(path, PropertyValue::Absent)
    }

    /// Takes a property that was set away again.
    #[must_use]
    pub fn without<S: AsRef<[u8]>>(mut self, path: impl IntoIterator<Item = S>) -> Self {
        let path: Vec<Vec<u8>> = path
            .into_iter()
            .map(|segment| segment.as_ref().to_vec())
            .collect();
        self.values.remove(&path);
        self.once_upstream.remove(&path);
        self
    }

    /// Both; where both have a path, the value of `other` counts.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.values.extend(other.values);
        self.once_upstream.extend(other.once_upstream);
        self
    }

    /// How many properties are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len().saturating_add(self.once_upstream.len())
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.once_upstream.is_empty()
    }

    /// What was set for a path, or for one that leads to it; `None` where nothing was.
    pub(crate) fn set(&self, path: &[Vec<u8>], upstream: Upstreamed) -> Option<Reading> {
        let now = upstream == Upstreamed::Yes;
        let later = now.then(|| find(&self.once_upstream, path)).flatten();
        later.or_else(|| find(&self.values, path))
    }

    /// Whether a path was set that this one leads on to.
    pub(crate) fn leads_on(&self, path: &[Vec<u8>], upstream: Upstreamed) -> bool {
        let now = upstream == Upstreamed::Yes;
        leads_on(&self.values, path) || (now && leads_on(&self.once_upstream, path))
    }
}

/// Whether the request has gone to the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upstreamed {
    Yes,
    No,
}

/// The longest path that was set and leads to this one counts.
fn find(values: &Values, path: &[Vec<u8>]) -> Option<Reading> {
    (1..=path.len()).rev().find_map(|length| {
        let (set, rest) = path.split_at_checked(length)?;
        values.get(set).map(|value| value.at(rest))
    })
}

fn leads_on(values: &Values, path: &[Vec<u8>]) -> bool {
    let next = values.range(path.to_vec()..).next();
    next.is_some_and(|(known, value)| known.starts_with(path) && *value != PropertyValue::Absent)
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

    fn read(properties: &Properties, path: &str) -> Option<Reading> {
        properties.set(&split_path(path.replace('.', "\0").as_bytes()), Upstreamed::No)
    }

    fn bytes(bytes: &[u8]) -> Option<Reading> {
        Some(Reading::Bytes(bytes.to_vec()))
    }

    #[test]
    fn an_empty_value_is_present_and_an_unset_one_absent() {
        let properties = Properties::new().string(["a", "b"], "");
        assert_eq!(read(&properties, "a.b"), bytes(b""));
        assert_eq!(read(&properties, "a.c"), None);
        assert_eq!(read(&properties, "a.b.c"), Some(Reading::Absent));
    }

    #[test]
    fn a_path_leads_on_to_what_is_set_and_not_taken_away() {
        let properties = Properties::new().string(["a", "b"], "x").absent(["c", "d"]);
        let leads_on = |name: &str| properties.leads_on(&split_path(name.as_bytes()), Upstreamed::No);
        assert_eq!(
            (leads_on("a"), leads_on("c"), leads_on("d")),
            (true, false, false)
        );
    }

    #[test]
    fn what_is_taken_away_is_absent_with_all_inside() {
        let properties = Properties::new().absent(["a"]).string(["a", "b"], "x");
        assert_eq!(read(&properties, "a.c"), Some(Reading::Absent));
        assert_eq!(read(&properties, "a.b"), bytes(b"x"), "the longest path counts");
    }

    #[test]
    fn what_comes_with_the_upstream_is_not_there_before() {
        let upstream = Properties::new().string(["a"], "later");
        let properties = Properties::new().string(["a"], "first").once_upstream(upstream);
        assert_eq!(read(&properties, "a"), bytes(b"first"));
        assert_eq!(properties.set(&[b"a".to_vec()], Upstreamed::Yes), bytes(b"later"));
    }

    #[test]
    fn a_name_inside_a_map_is_readable_by_itself() {
        let properties = Properties::new().map(["node", "LABELS"], [("app", "payments")]);
        assert_eq!(read(&properties, "node.LABELS.app"), bytes(b"payments"));
        assert_eq!(read(&properties, "node.LABELS.tier"), Some(Reading::Absent));
    }

    #[test]
    fn the_last_value_of_a_path_counts() {
        let properties = Properties::new()
            .boolean(["a"], true)
            .and(Properties::new().boolean(["a"], false));
        assert_eq!(read(&properties, "a"), bytes(b"\0"));
        assert_eq!(read(&properties.without(["a"]), "a"), None);
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
