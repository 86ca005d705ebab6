//! [`StringMatcher`]: exact, prefix, suffix and presence, the generic string form of Istio (S-5).

/// A value of a policy on text. Case-sensitive, over bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum StringMatcher {
    /// `*`: any text that is not empty.
    Presence,
    /// `*x`: text that ends in `x`. Only the leading star is special: `*abc*` ends in `abc*`.
    Suffix(Box<str>),
    /// `x*`: text that begins with `x`.
    Prefix(Box<str>),
    /// `x`: this text. A star in the middle is literal.
    Exact(Box<str>),
}

impl StringMatcher {
    /// Reads a value; the leading star is looked at first, as Istio does.
    pub(crate) fn new(value: &str) -> Self {
        if value == "*" {
            Self::Presence
        } else if let Some(suffix) = value.strip_prefix('*') {
            Self::Suffix(suffix.into())
        } else if let Some(prefix) = value.strip_suffix('*') {
            Self::Prefix(prefix.into())
        } else {
            Self::Exact(value.into())
        }
    }

    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Presence => !text.is_empty(),
            Self::Suffix(suffix) => text.ends_with(suffix.as_bytes()),
            Self::Prefix(prefix) => text.starts_with(prefix.as_bytes()),
            Self::Exact(exact) => text == exact.as_bytes(),
        }
    }

    /// As [`StringMatcher::matches`], without regard to the case of ASCII letters.
    pub(crate) fn matches_in_any_case(&self, text: &[u8]) -> bool {
        let equals = |part: Option<&[u8]>, own: &str| {
            part.is_some_and(|part| part.eq_ignore_ascii_case(own.as_bytes()))
        };
        match self {
            Self::Presence => !text.is_empty(),
            Self::Suffix(suffix) => {
                let start = text.len().checked_sub(suffix.len());
                equals(start.and_then(|start| text.get(start..)), suffix)
            }
            Self::Prefix(prefix) => equals(text.get(..prefix.len()), prefix),
            Self::Exact(exact) => equals(Some(text), exact),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn values_mean_what_istio_means_by_them() {
        let table: [(&str, &[&str], &[&str]); 7] = [
            ("abc", &["abc"], &["", "ab", "abcd", "ABC", "xabc"]),
            ("abc*", &["abc", "abcd", "abc*"], &["", "ab", "xabc", "Abc"]),
            ("*abc", &["abc", "xabc", "*abc"], &["", "bc", "abcx", "ABC"]),
            ("*", &["a", "*", " "], &[""]),
            ("*abc*", &["abc*", "xabc*"], &["abc", "xabcx"]),
            ("a*c", &["a*c"], &["abc", "ac"]),
            ("**", &["*", "a*"], &["", "a"]),
        ];
        for (value, yes, no) in table {
            let matcher = StringMatcher::new(value);
            for text in yes {
                assert!(matcher.matches(text.as_bytes()), "`{value}` must match `{text}`");
            }
            for text in no {
                assert!(
                    !matcher.matches(text.as_bytes()),
                    "`{value}` must not match `{text}`"
                );
            }
        }
    }

    #[test]
    fn in_any_case_a_value_means_what_its_lower_case_means_on_a_lower_case_text() {
        let texts = [
            "", "abc", "ABC", "aBcd", "xAbC", "*abc", "ABC*", "a*C", "\u{e9}", "\u{c9}", "abx",
        ];
        for value in ["abc", "ABC", "Abc*", "*aBc", "*", "*ABC*", "A*c", "\u{c9}"] {
            let (any, lower) = (
                StringMatcher::new(value),
                StringMatcher::new(&value.to_ascii_lowercase()),
            );
            for text in texts {
                let expected = lower.matches(text.to_ascii_lowercase().as_bytes());
                assert_eq!(
                    any.matches_in_any_case(text.as_bytes()),
                    expected,
                    "`{value}` `{text}`"
                );
            }
        }
    }
}
