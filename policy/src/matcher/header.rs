//! [`HeaderMatcher`]: a value of `methods`. As the generic form, but `*` asks for presence only (S-5).

use crate::matcher::string::StringMatcher;

/// A value on a header that the request carries. Case-sensitive.
#[derive(Clone, Debug)]
pub(crate) struct HeaderMatcher(StringMatcher);

impl HeaderMatcher {
    pub(crate) fn new(value: &str) -> Self {
        Self(StringMatcher::new(value))
    }

    /// What is asked of the value; `*` asks that there is one.
    pub(crate) fn form(&self) -> &StringMatcher {
        &self.0
    }

    /// Tests the value of a header that is present; `*` matches an empty one too.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        self.0 == StringMatcher::Presence || self.0.matches(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_star_matches_a_header_that_is_present_but_empty() {
        assert!(HeaderMatcher::new("*").matches(b""));
        assert!(!HeaderMatcher::new("GET").matches(b""));
    }

    #[test]
    fn a_method_is_case_sensitive() {
        assert!(HeaderMatcher::new("GET").matches(b"GET"));
        assert!(!HeaderMatcher::new("GET").matches(b"get"));
    }
}
