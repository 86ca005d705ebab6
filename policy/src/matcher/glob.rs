//! [`Glob`]: a pattern in which every `*` stands for any run of bytes.

/// A pattern over a whole text in which every `*` matches any run of bytes but a line feed, as `.*` does in
/// the regular expressions that Istio makes of namespaces (S-5). Everything else is literal.
///
/// Matching takes at most `text * pattern` steps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Glob {
    first: Box<[u8]>,
    /// The literals after each star; the last one ends the text.
    rest: Box<[Box<[u8]>]>,
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let mut literals = pattern.split('*').map(|literal| Box::from(literal.as_bytes()));
        let first = literals.next().unwrap_or_default();
        Self {
            first,
            rest: literals.collect(),
        }
    }

    /// What stands behind a leading star up to the next star, and whether that one ends the pattern.
    pub(crate) fn first_inner_literal(&self) -> Option<(&[u8], bool)> {
        match (&*self.first, &*self.rest) {
            ([], [literal, last]) => Some((literal, last.is_empty())),
            ([], [literal, _, ..]) => Some((literal, false)),
            _ => None,
        }
    }

    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let Some(mut text) = text.strip_prefix(&*self.first) else {
            return false;
        };
        let Some((last, inner)) = self.rest.split_last() else {
            return text.is_empty();
        };
        for literal in inner {
            // The leftmost place leaves the most text for the literals that follow.
            match find_without_line_feed(text, literal) {
                Some(after) => text = after,
                None => return false,
            }
        }
        text.strip_suffix(&**last)
            .is_some_and(|skipped| !skipped.contains(&b'\n'))
    }
}

/// The text after the first place where `literal` stands, if no line feed lies before it.
fn find_without_line_feed<'t>(text: &'t [u8], literal: &[u8]) -> Option<&'t [u8]> {
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix(literal) {
            return Some(after);
        }
        match rest.split_first() {
            None | Some((b'\n', _)) => return None,
            Some((_, tail)) => rest = tail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_star_is_any_run_and_the_rest_is_literal() {
        let table: [(&str, &[&str], &[&str]); 7] = [
            ("a.b", &["a.b"], &["aXb", "a.bc", ""]),
            (
                "a*b",
                &["ab", "a*b", "axxb", "a/b", "abb"],
                &["a", "b", "abc", "a\nb"],
            ),
            ("*", &["", "a", "a/b"], &["\n"]),
            ("*a*a*", &["aa", "xaxax"], &["a", "xax"]),
            ("ab*ba", &["abba", "abxba"], &["aba", "ab"]),
            ("", &[""], &["a"]),
            (
                "*/ns/shop/*",
                &["/ns/shop/", "x/ns/shop/y"],
                &["/ns/shop", "/ns/shopx/", "/ns/sho/p/"],
            ),
        ];
        for (pattern, yes, no) in table {
            for text in yes {
                assert!(
                    Glob::new(pattern).matches(text.as_bytes()),
                    "`{pattern}` must match `{text}`"
                );
            }
            for text in no {
                assert!(
                    !Glob::new(pattern).matches(text.as_bytes()),
                    "`{pattern}` must not match `{text}`"
                );
            }
        }
    }
}
