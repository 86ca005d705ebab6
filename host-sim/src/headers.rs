//! A header map as Envoy keeps it: a list, names in lower case, pseudo-headers in front.

use std::fmt;

use crate::header_kind::HeaderKind;
use crate::pairs::Pair;

/// Headers in order, with repeated names, as raw bytes; names are in lower case.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers {
    pairs: Vec<Pair>,
}

impl Headers {
    /// No headers.
    #[must_use]
    pub const fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// Every header in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> + Clone {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// The first value under this name, in any case.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        let name = name.as_ref();
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every value under this name, in any case, in order.
    pub fn get_all(&self, name: impl AsRef<[u8]>) -> impl Iterator<Item = &[u8]> {
        self.iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_ref()))
            .map(|(_, value)| value)
    }

    /// How many headers there are, repeated names counted each time.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.pairs.len()
    }

    /// How many there are, as a callback is told.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Bytes of all names and values, without separators: what `proxy_get_header_map_size` answers.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.iter().fold(0, |sum, (name, value)| {
            sum.saturating_add(name.len()).saturating_add(value.len())
        })
    }

    /// Adds a value, beside those that the name may have; a pseudo-header goes behind the last one.
    #[expect(
        clippy::disallowed_methods,
        reason = "`place` counts headers of the list, so it is at most their number"
    )]
    pub fn add(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let name = name.as_ref().to_ascii_lowercase();
        let place = if is_pseudo(&name) {
            self.pseudo_headers()
        } else {
            self.pairs.len()
        };
        self.pairs.insert(place, (name, value.as_ref().to_vec()));
    }

    /// Adds a value as Envoy's map of this kind does: behind a comma where the name is there already and is one of those
    /// that Envoy joins.
    pub(crate) fn add_as_envoy(&mut self, kind: HeaderKind, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let name = kind.name(name.as_ref());
        let known = self.pairs.iter_mut().find(|(known, _)| *known == name);
        match known {
            Some((_, known)) if kind.joins(&name) => {
                known.push(b',');
                known.extend_from_slice(value.as_ref());
            }
            Some(_) | None => self.add(name, value),
        }
    }

    /// A map of this kind as Envoy's codec makes it. A pseudo-header that is there twice stays so: no codec lets it
    /// through, and only a test can show it to a plugin.
    pub(crate) fn arriving(kind: HeaderKind, given: &Self) -> Self {
        let mut map = Self::new();
        let has_authority = given.get(":authority").is_some();
        for (name, value) in given.iter() {
            if is_pseudo(name) || (name == b"host" && has_authority) {
                map.add(name, value);
            } else {
                map.add_as_envoy(kind, name, value);
            }
        }
        map
    }

    /// Puts one value in the place of all that the name has; a regular header goes to the end.
    pub fn replace(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.remove(name.as_ref());
        self.add(name, value);
    }

    /// Does the same by the name that a map of this kind has for it.
    pub(crate) fn replace_as_envoy(
        &mut self,
        kind: HeaderKind,
        name: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) {
        self.replace(kind.name(name.as_ref()), value);
    }

    /// Takes out every value under this name.
    pub fn remove(&mut self, name: impl AsRef<[u8]>) {
        self.pairs
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name.as_ref()));
    }

    fn pseudo_headers(&self) -> usize {
        self.pairs.iter().take_while(|(name, _)| is_pseudo(name)).count()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in pairs {
            headers.add(name, value);
        }
        headers
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .iter()
            .map(|(name, value)| (name.escape_ascii(), value.escape_ascii()));
        f.debug_list()
            .entries(shown.map(|(name, value)| format!("{name}: {value}")))
            .finish()
    }
}

fn is_pseudo(name: &[u8]) -> bool {
    name.starts_with(b":")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(headers: &Headers) -> Vec<String> {
        headers
            .iter()
            .map(|(n, v)| format!("{}={}", n.escape_ascii(), v.escape_ascii()))
            .collect()
    }

    #[test]
    fn repeated_names_stay_apart_and_in_order() {
        let headers = Headers::from_iter([("X-A", "1"), ("b", "2"), ("x-a", "3")]);
        assert_eq!(list(&headers), ["x-a=1", "b=2", "x-a=3"]);
        assert_eq!(headers.get("X-A"), Some(&b"1"[..]));
        assert_eq!(headers.get_all("x-A").collect::<Vec<_>>(), [b"1", b"3"]);
    }

    #[test]
    fn pseudo_headers_stay_in_front() {
        let headers = Headers::from_iter([("a", "1"), (":method", "GET"), (":path", "/")]);
        assert_eq!(list(&headers), [":method=GET", ":path=/", "a=1"]);
    }

    #[test]
    fn what_a_plugin_adds_goes_behind_a_comma_by_name_and_kind_of_map() {
        let mut headers = Headers::from_iter([(":path", "/a"), (":path", "/b")]);
        for (name, value) in [
            (":path", "/c"),
            ("x", "1"),
            ("x", "2"),
            ("Via", "a"),
            ("via", "b"),
        ] {
            headers.add_as_envoy(HeaderKind::Request, name, value);
        }
        assert_eq!(
            list(&headers),
            [":path=/a,/c", ":path=/b", "x=1", "x=2", "via=a,b"]
        );
        let mut trailers = Headers::from_iter([("via", "a")]);
        trailers.add_as_envoy(HeaderKind::Other, "via", "b");
        assert_eq!(list(&trailers), ["via=a", "via=b"]);
    }

    #[test]
    fn cookies_are_joined_in_no_map() {
        for kind in [HeaderKind::Request, HeaderKind::Response] {
            let mut headers = Headers::new();
            for (name, value) in [
                ("cookie", "a"),
                ("cookie", "b"),
                ("set-cookie", "a"),
                ("set-cookie", "b"),
            ] {
                headers.add_as_envoy(kind, name, value);
            }
            assert_eq!(
                list(&headers),
                ["cookie=a", "cookie=b", "set-cookie=a", "set-cookie=b"]
            );
        }
    }

    #[test]
    fn what_arrives_is_joined_as_what_a_plugin_adds_but_for_pseudo_headers() {
        let given = Headers::from_iter([
            (":path", "/a"),
            (":path", "/b"),
            ("host", "h"),
            ("te", "a"),
            ("te", "b"),
        ]);
        let arrived = Headers::arriving(HeaderKind::Request, &given);
        assert_eq!(list(&arrived), [":path=/a", ":path=/b", ":authority=h", "te=a,b"]);
    }

    #[test]
    fn replacing_leaves_one_value_at_the_end() {
        let mut headers = Headers::from_iter([("a", "1"), ("b", "2"), ("A", "3")]);
        headers.replace("A", "4");
        assert_eq!(list(&headers), ["b=2", "a=4"]);
    }

    #[test]
    fn removing_takes_every_value_and_an_absent_name_changes_nothing() {
        let mut headers = Headers::from_iter([("a", "1"), ("b", "2"), ("A", "3")]);
        headers.remove("A");
        headers.remove("c");
        assert_eq!(list(&headers), ["b=2"]);
    }

    #[test]
    fn the_byte_size_counts_names_and_values_only() {
        let headers = Headers::from_iter([(&b"ab"[..], &b"\xff\xfe\0"[..]), (b"c", b"")]);
        assert_eq!(headers.byte_size(), 6);
    }
}
