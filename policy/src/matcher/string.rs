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
}
