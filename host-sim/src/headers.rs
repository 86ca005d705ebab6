//! A header map as Envoy keeps it: a list, names in lower case, pseudo-headers in front.

use std::fmt;

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

    /// Adds a value as Envoy's own maps do: to a pseudo-header that is there, behind a comma.
    pub(crate) fn add_as_envoy(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let known = self
            .pairs
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(name.as_ref()));
        match known {
            Some((name, known)) if is_pseudo(name) => {
                known.push(b',');
                known.extend_from_slice(value.as_ref());
            }
            Some(_) | None => self.add(name, value),
        }
    }

    /// Puts one value in the place of all that the name has; a regular header goes to the end.
    pub fn replace(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        self.remove(name.as_ref());
        self.add(name, value);
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
    fn a_list_is_kept_as_given_and_a_plugin_adds_to_a_pseudo_header_behind_a_comma() {
        let mut headers = Headers::from_iter([(":path", "/a"), (":path", "/b")]);
        assert_eq!(list(&headers), [":path=/a", ":path=/b"]);
        headers.add_as_envoy(":path", "/c");
        headers.add_as_envoy("x", "1");
        headers.add_as_envoy("x", "2");
        assert_eq!(list(&headers), [":path=/a,/c", ":path=/b", "x=1", "x=2"]);
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
