//! [`MetadataMatcher`]: a value on the proxy's dynamic metadata (S-5, `experimental.envoy.filters.NAME[KEY]`).

use crate::config::document::Document;
use crate::matcher::string::StringMatcher;
use crate::matcher::text::TextMatcher;

/// A value, by its spelling on text or on the elements of a list.
#[derive(Clone, Debug)]
pub(crate) enum MetadataMatcher {
    /// `v`: text that matches.
    Text(TextMatcher),
    /// `[v]`: a list with an element of text that matches. Istio cuts every bracket at both ends.
    Element(TextMatcher),
}

impl MetadataMatcher {
    pub(crate) fn new(value: &str) -> Self {
        if value.starts_with('[') && value.ends_with(']') {
            Self::Element(TextMatcher::new(value.trim_matches(['[', ']'])))
        } else {
            Self::Text(TextMatcher::new(value))
        }
    }

    /// What is asked of the text, or of an element.
    pub(crate) fn form(&self) -> &StringMatcher {
        match self {
            Self::Text(form) | Self::Element(form) => form.form(),
        }
    }

    pub(crate) fn matches(&self, value: &Document) -> bool {
        match self {
            Self::Text(form) => value.as_text().is_some_and(|text| form.matches(text)),
            Self::Element(form) => value
                .as_list()
                .unwrap_or_default()
                .iter()
                .filter_map(Document::as_text)
                .any(|text| form.matches(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::limits::Limits;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn matches(value: &str, json: &str) -> bool {
        let document = Document::from_json(json.as_bytes(), Limits::default()).unwrap();
        MetadataMatcher::new(value).matches(&document)
    }

    #[test]
    fn a_value_is_on_text_and_one_in_brackets_on_the_elements_of_a_list() {
        assert!(matches("a*", r#""abc""#));
        assert!(matches("[a*]", r#"["x", "abc"]"#));
        assert!(matches("[[a]]", r#"["a"]"#));
        for (value, json) in [
            ("a*", r#"["abc"]"#),
            ("[a*]", r#""abc""#),
            ("[1]", "[1]"),
            ("1", "1"),
            ("true", "true"),
            ("[a]", r#"[["a"]]"#),
            ("[[a]]", r#"["[a]"]"#),
        ] {
            assert!(!matches(value, json), "`{value}` {json}");
        }
    }
}
