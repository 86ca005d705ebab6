//! [`TrustDomainMatcher`]: a value of `trustDomains`, tested on the URI SAN of the peer (S-5).

use crate::matcher::string::StringMatcher;

const SCHEME: &[u8] = b"spiffe://";

/// A trust domain: exact, or with one star at either end.
///
/// Istio makes a prefix of `*` and of a plain value, and a regular expression of the others: only in those does the
/// path behind the trust domain hold no line feed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TrustDomainMatcher(StringMatcher);

impl TrustDomainMatcher {
    /// Reads a value; `None` for an empty one, for a slash, for a star in the middle and for a second star.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        if value.is_empty() || value.contains('/') {
            return None;
        }
        match StringMatcher::new(value) {
            StringMatcher::Suffix(text) | StringMatcher::Prefix(text) | StringMatcher::Exact(text)
                if text.contains('*') =>
            {
                None
            }
            form @ (StringMatcher::Presence
            | StringMatcher::Suffix(_)
            | StringMatcher::Prefix(_)
            | StringMatcher::Exact(_)) => Some(Self(form)),
        }
    }

    /// What is asked of the text between `spiffe://` and the slash that follows; `*` asks for the scheme alone.
    pub(crate) fn form(&self) -> &StringMatcher {
        &self.0
    }

    /// Tests the whole URI SAN. But for `*`, a slash must follow the trust domain.
    pub(crate) fn matches(&self, uri_san: &[u8]) -> bool {
        let Some(rest) = uri_san.strip_prefix(SCHEME) else {
            return false;
        };
        match &self.0 {
            StringMatcher::Presence => true,
            form @ StringMatcher::Exact(_) => {
                split_at_slash(rest).is_some_and(|(trust_domain, _)| form.matches(trust_domain))
            }
            form @ (StringMatcher::Suffix(_) | StringMatcher::Prefix(_)) => split_at_slash(rest)
                .is_some_and(|(trust_domain, path)| form.matches(trust_domain) && !path.contains(&b'\n')),
        }
    }
}

/// What lies before and after the first slash.
fn split_at_slash(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let slash = text.iter().position(|byte| *byte == b'/')?;
    text.split_at_checked(slash)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_trust_domain_is_what_stands_before_the_first_slash() {
        let table: [(&str, &[&str], &[&str]); 6] = [
            (
                "td",
                &["spiffe://td/", "spiffe://td/ns/a/sa/b", "spiffe://td/\n"],
                &[
                    "spiffe://td",
                    "spiffe://td2/a",
                    "spiffe://xtd/a",
                    "spiffe://TD/a",
                    "td/a",
                    "https://td/a",
                ],
            ),
            (
                "*",
                &["spiffe://", "spiffe://td", "spiffe:///", "spiffe://td/a\n"],
                &["", "spiffe:/", "https://td/a", "SPIFFE://td/a"],
            ),
            (
                "*.example",
                &[
                    "spiffe://a.example/x",
                    "spiffe://.example/",
                    "spiffe://a\n.example/x",
                ],
                &[
                    "spiffe://a.example",
                    "spiffe://example/x",
                    "spiffe://a/.example/",
                    "spiffe://a.example/\n",
                ],
            ),
            (
                "prod-*",
                &["spiffe://prod-/x", "spiffe://prod-eu/", "spiffe://prod-eu/a/b"],
                &[
                    "spiffe://prod-eu",
                    "spiffe://prod/-x",
                    "spiffe://x-prod-eu/a",
                    "spiffe://prod-eu/a\nb",
                ],
            ),
            ("a.b", &["spiffe://a.b/x"], &["spiffe://aXb/x"]),
            (
                "cluster.local",
                &["spiffe://cluster.local/x"],
                &["spiffe://new.example/x"],
            ),
        ];
        for (value, yes, no) in table {
            let matcher = TrustDomainMatcher::parse(value).unwrap();
            for id in yes {
                assert!(matcher.matches(id.as_bytes()), "`{value}` must match {id:?}");
            }
            for id in no {
                assert!(!matcher.matches(id.as_bytes()), "`{value}` must not match {id:?}");
            }
        }
    }

    #[test]
    fn a_value_has_no_slash_and_one_star_at_an_end() {
        for value in [
            "",
            "/",
            "td/",
            "spiffe://td",
            "a*b",
            "**",
            "*a*",
            "a**",
            "**a",
            "*/a",
        ] {
            assert_eq!(TrustDomainMatcher::parse(value), None, "`{value}`");
        }
    }
}
