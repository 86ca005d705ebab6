//! [`PathMatcher`]: a value of `paths`, tested on the path without query and fragment (S-5, S-9).

use crate::matcher::string::StringMatcher;
use crate::matcher::template::Template;
use crate::truth::Truth;

/// A value of `paths`.
#[derive(Clone, Debug)]
pub(crate) enum PathMatcher {
    /// Exact, prefix, suffix or presence. Case-sensitive.
    Text(StringMatcher),
    /// The same in lower case, compared without regard to case (E-4).
    TextInAnyCase(StringMatcher),
    /// A template (S-9), with or without names of attributes (E-6).
    Template(Template),
}

impl PathMatcher {
    /// Reads a value that is no template.
    pub(crate) fn text(value: &str, ignore_case: bool) -> Self {
        if ignore_case {
            Self::TextInAnyCase(StringMatcher::new(&value.to_ascii_lowercase()))
        } else {
            Self::Text(StringMatcher::new(value))
        }
    }

    /// Tests a path that [`without_query`] has cut. `bound` says whether a segment equals the attribute behind a
    /// name.
    pub(crate) fn judge(&self, path: &[u8], bound: &dyn Fn(&str, &[u8]) -> Truth) -> Truth {
        match self {
            Self::Text(text) => text.matches(path).into(),
            Self::TextInAnyCase(text) => text.matches_in_any_case(path).into(),
            Self::Template(template) => template.judge(path, bound),
        }
    }
}

/// The part of a `:path` before the first `?` or `#`. Bytes in are bytes matched: nothing is parsed as a URI.
pub(crate) fn without_query(path: &[u8]) -> &[u8] {
    let end = path.iter().position(|byte| matches!(byte, b'?' | b'#'));
    end.and_then(|end| path.get(..end)).unwrap_or(path)
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

    fn matches(value: &str, ignore_case: bool, path: &str) -> bool {
        let matcher = PathMatcher::text(value, ignore_case);
        matcher.judge(path.as_bytes(), &|_, _| Truth::False) == Truth::True
    }

    #[test]
    fn a_star_needs_a_path_that_is_not_empty() {
        assert!(matches("*", false, "/"));
        assert!(!matches("*", false, ""));
    }

    #[test]
    fn case_counts_unless_it_is_ignored() {
        assert!(matches("/Admin/*", true, "/aDMIN/x"));
        assert!(matches("*/ADMIN", true, "/x/admin"));
        assert!(!matches("/Admin/*", false, "/admin/x"));
        assert!(!matches("/Ä", true, "/ä"));
    }
}
