//! [`PathMatcher`]: a value of `paths`, tested on the path without query and fragment (S-5, S-9).

use crate::matcher::string::StringMatcher;

/// A value of `paths`: exact, prefix, suffix or presence. Case-sensitive.
#[derive(Clone, Debug)]
pub(crate) struct PathMatcher(StringMatcher);

impl PathMatcher {
    pub(crate) fn new(value: &str) -> Self {
        Self(StringMatcher::new(value))
    }

    /// Tests a path that [`without_query`] has cut.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        self.0.matches(path)
    }
}

/// The part of a `:path` before the first `?` or `#`. Bytes in are bytes matched: nothing is parsed as a URI.
pub(crate) fn without_query(path: &[u8]) -> &[u8] {
    path.split(|byte| matches!(byte, b'?' | b'#'))
        .next()
        .unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn query_and_fragment_are_no_part_of_the_path() {
        for path in ["/a", "/a?b", "/a#b", "/a?b#c", "/a#b?c", "/a?", "/a#", "/a?b?c"] {
            assert_eq!(without_query(path.as_bytes()), b"/a", "{path}");
        }
        assert_eq!(without_query(b"?x"), b"");
        assert_eq!(without_query(b""), b"");
    }

    #[test]
    fn an_authority_in_the_path_stays_in_the_path() {
        assert_eq!(without_query(b"//admin/x?y"), b"//admin/x");
        assert_eq!(without_query(b"http://a/b"), b"http://a/b");
    }

    #[test]
    fn a_star_needs_a_path_that_is_not_empty() {
        assert!(PathMatcher::new("*").matches(b"/"));
        assert!(!PathMatcher::new("*").matches(b""));
    }
}
