//! [`TextMatcher`]: the generic string form on text that may have more than one line, such as a claim.

use crate::matcher::string::StringMatcher;

/// The generic string form, of which `*` asks for one line: Istio writes it as the expression `.+`, and to Envoy a dot
/// is any character but a line feed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TextMatcher(StringMatcher);

impl TextMatcher {
    pub(crate) fn new(value: &str) -> Self {
        Self(StringMatcher::new(value))
    }

    pub(crate) fn of(form: StringMatcher) -> Self {
        Self(form)
    }

    /// What is asked of the text, which has one line where this is `*`.
    pub(crate) fn form(&self) -> &StringMatcher {
        &self.0
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let is_one_line = !text.contains('\n');
        self.0.matches(text.as_bytes()) && (is_one_line || self.0 != StringMatcher::Presence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_star_alone_matches_one_line() {
        for (text, expected) in [
            ("a", true),
            ("a\r", true),
            ("", false),
            ("a\nb", false),
            ("\n", false),
        ] {
            assert_eq!(TextMatcher::new("*").matches(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_other_forms_match_across_lines() {
        for value in ["a*", "*b", "a\nb"] {
            assert!(TextMatcher::new(value).matches("a\nb"), "{value}");
        }
    }
}
