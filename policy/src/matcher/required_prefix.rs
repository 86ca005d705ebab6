//! [`RequiredPrefix`]: what every text that a regular expression matches begins with.

use regex_syntax::hir::{Class, ClassBytes, Hir, HirKind, Repetition};

/// Longer ones say no more.
const MAX_BYTES: usize = 64;

/// Bytes that every match begins with. It says less than the expression, never more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RequiredPrefix {
    /// Never empty. In lower case where the case is ignored.
    pub(crate) bytes: Box<[u8]>,
    /// Whether ASCII letters of the text are compared in lower case.
    pub(crate) ignores_case: bool,
}

impl RequiredPrefix {
    /// The prefix of an expression that is compared with a text from its first byte on, if it has one.
    pub(crate) fn of(expression: &Hir) -> Option<Self> {
        let mut prefix = Prefix::default();
        prefix.append(expression);
        prefix.finish()
    }

    /// Whether the text begins so.
    #[cfg(test)]
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        let head = text.get(..self.bytes.len());
        head.is_some_and(|head| {
            *head == *self.bytes || (self.ignores_case && head.eq_ignore_ascii_case(&self.bytes))
        })
    }
}

/// Whether all that an expression matches was taken down, so that what comes after it goes on from there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Taken {
    Whole,
    Head,
}

#[derive(Clone, Debug, Default)]
struct Prefix {
    bytes: Vec<u8>,
    ignores_case: bool,
}

impl Prefix {
    fn append(&mut self, expression: &Hir) -> Taken {
        match expression.kind() {
            // An assertion takes no text, and to leave it out only widens what matches.
            HirKind::Empty | HirKind::Look(_) => Taken::Whole,
            HirKind::Literal(literal) => self.push(&literal.0),
            HirKind::Class(class) => self.append_class(class),
            HirKind::Repetition(repetition) => self.append_repetition(repetition),
            HirKind::Capture(capture) => self.append(&capture.sub),
            HirKind::Concat(parts) => self.append_all(parts),
            HirKind::Alternation(alternatives) => self.append_common(alternatives),
        }
    }

    fn push(&mut self, literal: &[u8]) -> Taken {
        let room = MAX_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend(literal.iter().take(room));
        if literal.len() < room {
            Taken::Whole
        } else {
            Taken::Head
        }
    }

    fn append_all(&mut self, parts: &[Hir]) -> Taken {
        if parts.iter().all(|part| self.append(part) == Taken::Whole) {
            Taken::Whole
        } else {
            Taken::Head
        }
    }

    /// The two cases of one letter are one byte; any other class has no byte of its own.
    fn append_class(&mut self, class: &Class) -> Taken {
        let Class::Bytes(bytes) = class else {
            return Taken::Head;
        };
        let Some(letter) = letter_of_both_cases(bytes) else {
            return Taken::Head;
        };
        self.ignores_case = true;
        self.push(&[letter])
    }

    /// What comes at least so many times. Each round adds a byte, or there is nothing to add.
    fn append_repetition(&mut self, repetition: &Repetition) -> Taken {
        for _ in 0..repetition.min {
            let before = self.bytes.len();
            if self.append(&repetition.sub) == Taken::Head {
                return Taken::Head;
            }
            if self.bytes.len() == before {
                break;
            }
        }
        if repetition.max == Some(repetition.min) {
            Taken::Whole
        } else {
            Taken::Head
        }
    }

    /// What all alternatives begin with.
    fn append_common(&mut self, alternatives: &[Hir]) -> Taken {
        let mut prefixes = alternatives.iter().map(|alternative| {
            let mut prefix = Self::default();
            prefix.append(alternative);
            prefix
        });
        if let Some(first) = prefixes.next() {
            let common = prefixes.fold(first, Self::common);
            self.ignores_case |= common.ignores_case;
            self.push(&common.bytes);
        }
        Taken::Head
    }

    fn common(mut self, other: Self) -> Self {
        self.ignores_case |= other.ignores_case;
        let same = |(one, another): &(&u8, &u8)| {
            one == another || (self.ignores_case && one.eq_ignore_ascii_case(another))
        };
        let length = self.bytes.iter().zip(&other.bytes).take_while(same).count();
        self.bytes.truncate(length);
        self
    }

    fn finish(mut self) -> Option<RequiredPrefix> {
        if self.ignores_case {
            self.bytes.make_ascii_lowercase();
        }
        (!self.bytes.is_empty()).then(|| RequiredPrefix {
            bytes: self.bytes.into(),
            ignores_case: self.ignores_case,
        })
    }
}

/// The lower-case letter, where the class is a letter in both its cases and nothing else.
fn letter_of_both_cases(class: &ClassBytes) -> Option<u8> {
    let [upper, lower] = class.ranges() else {
        return None;
    };
    let is_one_byte = upper.start() == upper.end() && lower.start() == lower.end();
    let is_one_letter =
        upper.start().is_ascii_uppercase() && upper.start().to_ascii_lowercase() == lower.start();
    (is_one_byte && is_one_letter).then_some(lower.start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::regex::RegexMatcher;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn prefix(value: &str, ignore_case: bool) -> Option<(String, bool)> {
        let prefix = RegexMatcher::parse(value, ignore_case)
            .unwrap()
            .required_prefix()?;
        Some((
            String::from_utf8(prefix.bytes.into()).unwrap(),
            prefix.ignores_case,
        ))
    }

    #[test]
    fn it_is_what_stands_before_the_first_choice() {
        for (value, expected) in [
            ("/orders/[0-9]+", "/orders/"),
            ("/orders", "/orders"),
            ("/orders(/lines)?", "/orders"),
            ("/orders*", "/order"),
            ("/orders+/x", "/orders"),
            ("(/a){3}/b", "/a/a/a/b"),
            ("(/a){2,3}/b", "/a/a"),
            ("(/(a)(?:b))c.*", "/abc"),
            (r"^\b/a\b$", "/a"),
            (r"/a\.b[c]d[ef]", "/a.bcd"),
            ("(?x) / a # comment\n b", "/ab"),
            ("/é.", "/é"),
            ("/a(?:){1000}b", "/ab"),
            (r"((\b{1000}){1000}){1000}/a", "/a"),
        ] {
            assert_eq!(
                prefix(value, false),
                Some((expected.to_owned(), false)),
                "`{value}`"
            );
        }
    }

    #[test]
    fn alternatives_have_what_they_share() {
        for (value, expected) in [
            ("/orders|/orphans", Some("/or")),
            ("(/orders|/orphans)/x", Some("/or")),
            ("/(user|admin)/x", Some("/")),
            ("user|admin", None),
            ("/orders|", None),
            ("/x(a|)", Some("/x")),
            ("/a/(?:b/[0-9]+|b/[a-z]+|b)", Some("/a/b")),
        ] {
            let expected = expected.map(|expected| (expected.to_owned(), false));
            assert_eq!(prefix(value, false), expected, "`{value}`");
        }
    }

    #[test]
    fn an_expression_that_may_begin_with_anything_has_none() {
        for value in [
            "",
            ".*",
            "[ab]c",
            "a?b",
            "a*",
            "(a|b)c",
            ".*|/orders",
            "[a&&b]",
            "(?s:.)/x",
            "(a?){9}",
        ] {
            assert_eq!(prefix(value, false), None, "`{value}`");
        }
    }

    #[test]
    fn where_a_letter_has_both_cases_all_letters_do() {
        for (value, ignore_case, expected) in [
            ("/Orders/[0-9]+", true, "/orders/"),
            ("(?i)/ORDERS", false, "/orders"),
            ("/A(?i:B)c", false, "/abc"),
            ("/A(?-i:B)c", true, "/abc"),
            ("/[aA][Bb]", false, "/ab"),
            ("/Ab|/(?i)aC", false, "/a"),
        ] {
            let expected = Some((expected.to_owned(), true));
            assert_eq!(prefix(value, ignore_case), expected, "`{value}`");
        }
        assert_eq!(prefix("/[a-b]", false), Some(("/".to_owned(), false)));
        assert_eq!(prefix("/1", true), Some(("/1".to_owned(), false)));
    }

    #[test]
    fn a_long_one_is_cut() {
        let cut = |value: &str| prefix(value, false).unwrap().0;
        assert_eq!(cut(&"a".repeat(1000)), "a".repeat(MAX_BYTES));
        assert_eq!(cut("(ab){40}c"), "ab".repeat(MAX_BYTES / 2));
        assert_eq!(
            cut(&format!("{}(b|c)d", "a".repeat(MAX_BYTES))),
            "a".repeat(MAX_BYTES)
        );
    }
}
