//! [`RegexMatcher`]: a value of the `regexes` fields, a regular expression over a whole text (E-1).

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast, Flag, Flags, GroupKind};
use regex_syntax::hir::Hir;

use crate::matcher::required_prefix::RequiredPrefix;

/// The longest expression, in bytes.
const MAX_BYTES: usize = 1024;
/// The largest program that an expression compiles to, in bytes, and the largest cache of its automaton. Where
/// pointers have 32 bits a program is smaller: the filter takes what a command line takes, and a little more.
const MAX_PROGRAM: usize = 256 << 10;
const MAX_NESTING: u32 = 64;
/// What stands around an expression is one group in one sequence.
const MAX_NESTING_ANCHORED: u32 = 66;

/// A regular expression over bytes, without Unicode classes. Matching takes time linear in the text.
#[derive(Clone, Debug)]
pub(crate) struct RegexMatcher(Regex);

/// Why a value is no regular expression. Each reads on after "`a(` is not".
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum RegexError {
    /// Longer than an expression may be.
    #[error("a regular expression of at most {MAX_BYTES} bytes: it has {0}")]
    TooLong(usize),
    /// It does not parse.
    #[error("a regular expression: {0}")]
    Syntax(String),
    /// It compiles to more than the limit.
    #[error("a regular expression that compiles to at most {MAX_PROGRAM} bytes")]
    TooLarge,
    /// With the flag `x`, a comment that no line feed ends: it would run on over the end of the expression.
    #[error("a regular expression: its last comment must end with a line feed")]
    OpenComment,
    /// The flag `u`. What it means would depend on the tables that a build has.
    #[error("a regular expression over bytes: the flag `u` is not served")]
    Unicode,
}

impl RegexMatcher {
    /// Reads an expression; `ignore_case` is about ASCII letters.
    pub(crate) fn parse(value: &str, ignore_case: bool) -> Result<Self, RegexError> {
        if value.len() > MAX_BYTES {
            return Err(RegexError::TooLong(value.len()));
        }
        refuse_unicode(value)?;
        // On its own first: nothing that only parses between the anchors, such as `a)|(b`, gets there.
        build(value, ignore_case, MAX_NESTING).map_err(reason)?;
        build(&anchored(value, ignore_case), false, MAX_NESTING_ANCHORED)
            .map(Self)
            .map_err(|error| match reason(error) {
                RegexError::TooLarge => RegexError::TooLarge,
                // The closing parenthesis is gone, and only a comment takes it away.
                RegexError::Syntax(_)
                | RegexError::TooLong(_)
                | RegexError::OpenComment
                | RegexError::Unicode => RegexError::OpenComment,
            })
    }

    /// Tests the whole text.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        self.0.is_match(text)
    }

    /// The expression with all that it means: its case and its ends. Two that have the same match the same.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What every text that matches begins with, if that can be told.
    pub(crate) fn required_prefix(&self) -> Option<RequiredPrefix> {
        self.hir().and_then(|expression| RequiredPrefix::of(&expression))
    }

    /// The expression to compile anew. It was read before, by the same rules.
    pub(crate) fn hir(&self) -> Option<Hir> {
        regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .nest_limit(MAX_NESTING_ANCHORED)
            .build()
            .parse(self.as_str())
            .ok()
    }
}

fn anchored(value: &str, ignore_case: bool) -> String {
    let flag = if ignore_case { "i" } else { "" };
    format!(r"\A(?{flag}:{value})\z")
}

fn build(expression: &str, ignore_case: bool, nesting: u32) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression)
        .unicode(false)
        .case_insensitive(ignore_case)
        .size_limit(MAX_PROGRAM)
        .dfa_size_limit(MAX_PROGRAM)
        .nest_limit(nesting)
        .build()
}

fn reason(error: regex::Error) -> RegexError {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return RegexError::TooLarge;
    }
    syntax(&error.to_string())
}

/// A message of the parser shows the expression, with the place, above its last line.
fn syntax(message: &str) -> RegexError {
    let last = message.lines().next_back().unwrap_or(message);
    RegexError::Syntax(last.strip_prefix("error: ").unwrap_or(last).to_owned())
}

fn refuse_unicode(value: &str) -> Result<(), RegexError> {
    let expression = ast::parse::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(value)
        .map_err(|error| syntax(&error.to_string()))?;
    ast::visit(&expression, NoUnicode)
}

/// Stops at the flag `u`, wherever it is set.
struct NoUnicode;

impl ast::Visitor for NoUnicode {
    type Output = ();
    type Err = RegexError;

    fn finish(self) -> Result<(), RegexError> {
        Ok(())
    }

    fn visit_pre(&mut self, node: &Ast) -> Result<(), RegexError> {
        match flags_of(node).and_then(|flags| flags.flag_state(Flag::Unicode)) {
            Some(true) => Err(RegexError::Unicode),
            Some(false) | None => Ok(()),
        }
    }
}

fn flags_of(node: &Ast) -> Option<&Flags> {
    if let Ast::Flags(set) = node {
        return Some(&set.flags);
    }
    let Ast::Group(group) = node else { return None };
    match &group.kind {
        GroupKind::NonCapturing(flags) => Some(flags),
        GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn check(value: &str, ignore_case: bool, yes: &[&str], no: &[&str]) {
        let matcher = RegexMatcher::parse(value, ignore_case).unwrap();
        for text in yes {
            assert!(matcher.matches(text.as_bytes()), "`{value}` must match {text:?}");
        }
        for text in no {
            assert!(
                !matcher.matches(text.as_bytes()),
                "`{value}` must not match {text:?}"
            );
        }
    }

    #[test]
    fn an_expression_matches_the_whole_text() {
        check(
            "/orders/[0-9]{1,9}(/lines)?",
            false,
            &["/orders/1", "/orders/123/lines"],
            &[
                "/orders/",
                "/orders/1/lines/2",
                "x/orders/1",
                "/orders/1234567890",
                "/Orders/1",
                "/orders/1\n",
            ],
        );
        check("a|ab", false, &["a", "ab"], &["", "abb", "xa", "b"]);
        check("a|b", false, &["a", "b"], &["ax", "xb"]);
        check("", false, &[""], &["a", "\n"]);
        check("a*", false, &["", "aa"], &["aab"]);
        check("^a$", false, &["a"], &["a\n", "xa"]);
        check("0+", false, &["0", "000"], &["10", "01"]);
    }

    #[test]
    fn no_flag_moves_the_ends() {
        check("(?m)a$", false, &["a"], &["a\nb", "b\na"]);
        check("(?m)^a", false, &["a"], &["b\na"]);
        check("(?mR)^a$", false, &["a"], &["a\r\nb"]);
        check("(?s).*", false, &["", "a\nb"], &[]);
        check("(?U)a+", false, &["a", "aaa"], &["ab"]);
        check("a|(?i)b", false, &["a", "b", "B"], &["A", "ab"]);
        check("(?x) a b # two letters\n", false, &["ab"], &["a b", "abc"]);
    }

    #[test]
    fn a_dot_is_any_byte_but_a_line_feed() {
        let any = RegexMatcher::parse("a.b", false).unwrap();
        for byte in 0..=u8::MAX {
            assert_eq!(any.matches(&[b'a', byte, b'b']), byte != b'\n', "{byte:#x}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_matched_byte_by_byte() {
        let matcher = RegexMatcher::parse(r"[^/]+/\xff", false).unwrap();
        assert!(matcher.matches(b"\xc3\x28/\xff"));
        check("..", false, &["é", "ab"], &["a"]);
        check(r"\w+\d", false, &["a1"], &["é1", "a٣"]);
    }

    #[test]
    fn case_is_ignored_on_request_in_ascii_letters() {
        check("/Admin/[a-z]+", true, &["/ADMIN/X", "/admin/x"], &["/admin/1"]);
        check("/Admin", false, &["/Admin"], &["/admin"]);
        check("k", true, &["K"], &["\u{212a}"]);
    }

    #[test]
    fn no_expression_reaches_over_its_ends() {
        for value in [
            "a)|(b",
            "a)|(?:b",
            ")(",
            "a)",
            "(",
            "[a",
            "a\\",
            "*a",
            "?:a",
            "a{2",
            "(?i",
            "(?x)a#",
            "(?x)a # b)|(c",
            "(?x:a#)",
            "(?P<n",
            "\\x{",
            "\\Qa",
        ] {
            let error = RegexMatcher::parse(value, false).unwrap_err();
            assert!(
                matches!(error, RegexError::Syntax(_) | RegexError::OpenComment),
                "`{value}`: {error}"
            );
        }
        assert_eq!(
            RegexMatcher::parse("(?x)a#", false).unwrap_err(),
            RegexError::OpenComment
        );
    }

    #[test]
    fn what_takes_more_than_linear_time_is_no_expression() {
        for value in ["(?=a)", "(?<!a)b", r"(a)\1", "(?>a)", "a++b(?!c)"] {
            assert!(
                matches!(RegexMatcher::parse(value, false), Err(RegexError::Syntax(_))),
                "`{value}`"
            );
        }
    }

    #[test]
    fn unicode_classes_are_refused() {
        for value in [r"\p{L}", r"\pN", r"[\P{Greek}]"] {
            assert!(
                matches!(RegexMatcher::parse(value, false), Err(RegexError::Syntax(_))),
                "`{value}`"
            );
        }
    }

    #[test]
    fn the_flag_u_is_refused_where_it_is_set_and_only_there() {
        for value in ["(?u)a", "(?iu)k", "(a|(?u:b))*", "(?x)a ( ?u:b)", "a(?u-i)"] {
            assert_eq!(
                RegexMatcher::parse(value, false).unwrap_err(),
                RegexError::Unicode,
                "`{value}`"
            );
        }
        check(r"(\(?u\))", false, &["(u)", "u)"], &["u"]);
        check("[(?u)]", false, &["(", "?", "u"], &["a"]);
        check("(?-u)a", false, &["a"], &["b"]);
    }

    #[test]
    fn length_size_and_nesting_are_bounded() {
        assert!(RegexMatcher::parse(&"a".repeat(1024), false).is_ok());
        assert_eq!(
            RegexMatcher::parse(&"a".repeat(1025), false).unwrap_err(),
            RegexError::TooLong(1025)
        );
        assert!(RegexMatcher::parse("(a{100}){10}", false).is_ok());
        for value in [
            "(a{300}){300}",
            "((a{100}){100}){100}",
            "(((((a*){99}){99}){99}){99}){99}",
        ] {
            assert_eq!(
                RegexMatcher::parse(value, false).unwrap_err(),
                RegexError::TooLarge,
                "`{value}`"
            );
        }
        let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
        assert!(RegexMatcher::parse(&nested(64), false).is_ok());
        assert!(matches!(
            RegexMatcher::parse(&nested(65), false),
            Err(RegexError::Syntax(_))
        ));
        assert!(matches!(
            RegexMatcher::parse(&nested(500), false),
            Err(RegexError::Syntax(_))
        ));
    }

    #[test]
    fn an_error_says_why_on_one_line() {
        for value in ["a)", "[a", "(a{300}){300}", "(?x)a#", "a\n("] {
            let text = RegexMatcher::parse(value, false).unwrap_err().to_string();
            assert!(
                text.starts_with("a regular expression") && !text.contains('\n'),
                "{text}"
            );
        }
        let text = RegexMatcher::parse("a)", false).unwrap_err().to_string();
        assert_eq!(text, "a regular expression: unopened group");
    }
}
