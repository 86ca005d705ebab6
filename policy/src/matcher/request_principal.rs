//! [`RequestPrincipalMatcher`]: a value of `requestPrincipals`, tested on the claims `iss` and `sub` (S-7).

use crate::matcher::string::StringMatcher;
use crate::matcher::text::TextMatcher;

/// Issuer and subject of a verified token, read from one text: `ISSUER/SUBJECT` with a star at either end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RequestPrincipalMatcher {
    issuer: TextMatcher,
    subject: TextMatcher,
}

impl RequestPrincipalMatcher {
    /// Reads a value as Istio does: a leading star is looked at first, and the *last* slash divides.
    pub(crate) fn new(value: &str) -> Self {
        let (issuer, subject) = if value == "*" {
            (StringMatcher::Presence, StringMatcher::Presence)
        } else if let Some(suffix) = value.strip_prefix('*') {
            match suffix.rsplit_once('/') {
                Some((issuer, subject)) => (suffix_of(issuer), StringMatcher::Exact(subject.into())),
                None => (StringMatcher::Presence, suffix_of(suffix)),
            }
        } else if let Some(prefix) = value.strip_suffix('*') {
            match prefix.rsplit_once('/') {
                Some((issuer, subject)) => (StringMatcher::Exact(issuer.into()), prefix_of(subject)),
                None => (prefix_of(prefix), StringMatcher::Presence),
            }
        } else {
            let (issuer, subject) = value.rsplit_once('/').unwrap_or((value, ""));
            (
                StringMatcher::Exact(issuer.into()),
                StringMatcher::Exact(subject.into()),
            )
        };
        Self {
            issuer: TextMatcher::of(issuer),
            subject: TextMatcher::of(subject),
        }
    }

    /// What is asked of the issuer.
    pub(crate) fn issuer(&self) -> &StringMatcher {
        self.issuer.form()
    }

    /// What is asked of the subject.
    pub(crate) fn subject(&self) -> &StringMatcher {
        self.subject.form()
    }

    /// Tests the two claims, which are text; a token without one of them has no request principal.
    pub(crate) fn matches(&self, iss: &str, sub: &str) -> bool {
        self.issuer.matches(iss) && self.subject.matches(sub)
    }
}

fn suffix_of(text: &str) -> StringMatcher {
    if text.is_empty() {
        StringMatcher::Presence
    } else {
        StringMatcher::Suffix(text.into())
    }
}

fn prefix_of(text: &str) -> StringMatcher {
    if text.is_empty() {
        StringMatcher::Presence
    } else {
        StringMatcher::Prefix(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    type Claims = &'static [(&'static str, &'static str)];

    /// The rows of S-7, and their edges: what matches and what does not.
    const TABLE: [(&str, Claims, Claims); 14] = [
        (
            "*",
            &[("i", "s"), ("https://i", "a/b")],
            &[("", "s"), ("i", ""), ("", "")],
        ),
        (
            "*/sub",
            &[("i", "sub"), ("https://i/x", "sub")],
            &[("", "sub"), ("i", "xsub"), ("i", "")],
        ),
        (
            "*.example/sub",
            &[("https://a.example", "sub"), (".example", "sub")],
            &[
                ("https://a.example/", "sub"),
                ("example", "sub"),
                ("https://a.example", "subx"),
            ],
        ),
        (
            "*a/b/c",
            &[("a/b", "c"), ("https://a/b", "c")],
            &[("a", "b/c"), ("x/b", "c")],
        ),
        ("*/*", &[("i", "*")], &[("i", "s"), ("", "*"), ("i", "")]),
        (
            "*tail",
            &[("i", "tail"), ("i", "xtail")],
            &[("", "tail"), ("i", "tailx"), ("tail", "s")],
        ),
        ("**", &[("i", "*"), ("i", "x*")], &[("i", "x"), ("", "*")]),
        (
            "iss/*",
            &[("iss", "s")],
            &[("iss", ""), ("xiss", "s"), ("iss/", "s"), ("", "s")],
        ),
        (
            "https://i/x/*",
            &[("https://i/x", "s")],
            &[("https://i", "x/s"), ("https://i/x/", "s")],
        ),
        (
            "iss/pre*",
            &[("iss", "pre"), ("iss", "prefix")],
            &[("iss", "xpre"), ("isss", "pre"), ("iss", "pr")],
        ),
        (
            "pre*",
            &[("pre", "s"), ("prefix/x", "s")],
            &[("pre", ""), ("xpre", "s"), ("pr", "s")],
        ),
        (
            "https://i/sub",
            &[("https://i", "sub")],
            &[
                ("https://i/", "sub"),
                ("https://I", "sub"),
                ("https://i", "Sub"),
                ("https:", "/i/sub"),
                ("", ""),
            ],
        ),
        ("x", &[("x", "")], &[("x", "s"), ("", "x"), ("x", "x")]),
        (
            "https://*",
            &[("https:/", "s")],
            &[("https://i", "s"), ("https://", "s"), ("https:/", "")],
        ),
    ];

    #[test]
    fn values_mean_what_istio_means_by_them() {
        for (value, yes, no) in TABLE {
            let matcher = RequestPrincipalMatcher::new(value);
            for (iss, sub) in yes {
                assert!(
                    matcher.matches(iss, sub),
                    "`{value}` must match `{iss}` and `{sub}`"
                );
            }
            for (iss, sub) in no {
                assert!(
                    !matcher.matches(iss, sub),
                    "`{value}` must not match `{iss}` and `{sub}`"
                );
            }
        }
    }

    #[test]
    fn a_slash_at_an_end_leaves_that_side_empty() {
        assert!(RequestPrincipalMatcher::new("iss/").matches("iss", ""));
        assert!(RequestPrincipalMatcher::new("/sub").matches("", "sub"));
        assert!(!RequestPrincipalMatcher::new("/sub").matches("i", "sub"));
        assert!(RequestPrincipalMatcher::new("/").matches("", ""));
    }

    #[test]
    fn a_star_in_the_middle_is_literal() {
        let matcher = RequestPrincipalMatcher::new("i*s/s*b");
        assert!(matcher.matches("i*s", "s*b"));
        assert!(!matcher.matches("iss", "sub"));
    }
}
