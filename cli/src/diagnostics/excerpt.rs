//! [`Excerpt`]: the line of a text that a message is about.

use std::ops::Range;

use unicode_width::UnicodeWidthChar as _;

use crate::source::{Location, Source};

/// The longest line that is shown whole, and how much of a longer one stands before what is meant; in characters.
const LONGEST_LINE: usize = 160;
const BEFORE: usize = 60;

/// So many characters more, where they take no place of their own, such as accents.
const MOST_MARKS: usize = 8;

/// What stands where something was left out.
const CUT: &str = "…";

/// One line, or the part of it that matters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// The bytes of the text that are meant.
    pub(super) span: Range<usize>,
    /// From 1, as is the column, in characters.
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Excerpt {
    /// The line on which a location begins.
    pub(super) fn of(sources: &[Source], location: &Location) -> Option<Self> {
        let source = sources.get(location.source)?;
        let line = source.line(location.span.start);
        let bytes = source.line_span(line);
        let text = source.text().get(bytes.clone())?;
        let inside = |offset: usize| offset.max(bytes.start).min(bytes.end).saturating_sub(bytes.start);
        let span = inside(location.span.start)..inside(location.span.end);
        let (text, span) = if text.chars().nth(LONGEST_LINE).is_some() {
            cut(text, span)
        } else {
            (text.to_owned(), span)
        };
        Some(Self {
            text,
            span,
            line,
            column: source.column(location.span.start),
        })
    }
}

/// The part of a line around a span.
fn cut(line: &str, span: Range<usize>) -> (String, Range<usize>) {
    let before = line.get(..span.start).unwrap_or_default();
    // An accent stays with its letter.
    let mut earlier = before
        .char_indices()
        .rev()
        .skip(BEFORE.saturating_sub(1))
        .enumerate();
    let start = earlier
        .find(|(more, (_, character))| *more == MOST_MARKS || character.width() != Some(0))
        .map_or(0, |(_, (at, _))| at);
    let rest = line.get(start..).unwrap_or_default();
    let length = rest
        .char_indices()
        .nth(LONGEST_LINE)
        .map_or(rest.len(), |(at, _)| at);
    let kept = rest.get(..length).unwrap_or_default();
    let head = if start > 0 { CUT } else { "" };
    let tail = if length < rest.len() { CUT } else { "" };
    let moved = |offset: usize| {
        let offset = offset.saturating_sub(start).min(length);
        offset.saturating_add(head.len())
    };
    (format!("{head}{kept}{tail}"), moved(span.start)..moved(span.end))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        reason = "a failed test panics"
    )]

    use std::path::Path;

    use super::*;

    /// The excerpt of what is meant in a text: the text shown, what of it is meant, line and column.
    fn excerpt(text: &str, meant: Range<usize>) -> (String, String, usize, usize) {
        let sources = [Source::new(Path::new("p.yaml"), text.to_owned())];
        let location = Location {
            source: 0,
            span: meant,
        };
        let Excerpt {
            text,
            span,
            line,
            column,
        } = Excerpt::of(&sources, &location).unwrap();
        let meant = text[span].to_owned();
        (text, meant, line, column)
    }

    /// The same of the first place where it stands.
    fn excerpt_of(text: &str, meant: &str) -> (String, String, usize, usize) {
        let start = text.find(meant).unwrap();
        excerpt(text, start..start + meant.len())
    }

    #[test]
    fn a_line_of_160_characters_is_shown_whole_whatever_they_are() {
        for filler in ["x", "ä", "表", "😀"] {
            let line = format!("{}!{}", filler.repeat(100), filler.repeat(59));
            let (text, meant, _, column) = excerpt_of(&line, "!");
            assert_eq!((text, meant.as_str(), column), (line, "!", 101));
        }
    }

    #[test]
    fn of_a_longer_line_60_characters_before_what_is_meant_are_shown() {
        for filler in ["x", "ä", "表", "😀"] {
            let line = format!("{}!{}", filler.repeat(100), filler.repeat(200));
            let (text, meant, _, column) = excerpt_of(&line, "!");
            let expected = format!("…{}!{}…", filler.repeat(60), filler.repeat(99));
            assert_eq!((text, meant.as_str(), column), (expected, "!", 101));
        }
    }

    #[test]
    fn a_line_is_cut_where_something_is_left_out_only() {
        let begin = format!("!{}", "x".repeat(200));
        assert_eq!(excerpt_of(&begin, "!").0, format!("!{}…", "x".repeat(159)));
        let near = format!("{}!{}", "x".repeat(60), "y".repeat(200));
        assert_eq!(
            excerpt_of(&near, "!").0,
            format!("{}!{}…", "x".repeat(60), "y".repeat(99))
        );
        let end = format!("{}!", "x".repeat(200));
        assert_eq!(excerpt_of(&end, "!").0, format!("…{}!", "x".repeat(60)));
    }

    #[test]
    fn what_is_meant_and_longer_than_the_excerpt_is_cut_with_it() {
        let line = format!("a: {}", "!".repeat(1_000));
        let (text, meant, _, column) = excerpt(&line, 3..1_003);
        assert_eq!(text, format!("a: {}…", "!".repeat(157)));
        assert_eq!((meant, column), ("!".repeat(157), 4));
    }

    #[test]
    fn a_combining_character_stays_with_what_it_combines_with() {
        // 100 times `e` with an acute accent: the 60 characters before what is meant would begin with an accent.
        let line = format!("{}x!{}", "e\u{301}".repeat(100), "y".repeat(200));
        let (text, meant, _, column) = excerpt_of(&line, "!");
        assert!(text.starts_with("…e\u{301}"), "{text}");
        assert_eq!((meant.as_str(), column), ("!", 202));
    }

    #[test]
    fn a_tab_is_one_character() {
        assert_eq!(
            excerpt_of("\t\ta: !", "!"),
            ("\t\ta: !".to_owned(), "!".to_owned(), 1, 6)
        );
    }

    #[test]
    fn of_a_span_over_lines_the_first_is_shown() {
        let text = "a:\n  - one\r\n  - two\n";
        let (line, meant, number, column) = excerpt(text, 7..text.len());
        assert_eq!(
            (line.as_str(), meant.as_str(), number, column),
            ("  - one", "one", 2, 5)
        );
    }

    #[test]
    fn the_end_of_a_file_is_behind_its_last_character() {
        for (text, expected) in [
            ("", (String::new(), String::new(), 1, 1)),
            ("a: [1", ("a: [1".to_owned(), String::new(), 1, 6)),
            ("a: [1\n", (String::new(), String::new(), 2, 1)),
            ("a: [1\n\n\n", (String::new(), String::new(), 4, 1)),
        ] {
            assert_eq!(excerpt(text, text.len()..text.len()), expected, "{text:?}");
        }
    }

    #[test]
    fn what_lies_behind_the_text_is_at_its_end() {
        assert_eq!(excerpt("a: 1\n", 90..99).1, "");
    }

    #[test]
    fn a_source_that_is_none_has_no_excerpt() {
        let location = Location {
            source: 1,
            span: 0..1,
        };
        assert_eq!(Excerpt::of(&[], &location), None);
    }

    #[test]
    fn every_part_of_every_line_has_an_excerpt_that_holds_it() {
        let long: String = "aä表😀\t".chars().cycle().take(400).collect();
        let text = format!("short\n{long}\r\n\nend");
        let starts: Vec<usize> = text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect();
        for (index, start) in starts.iter().enumerate() {
            let end = starts.get(index + 3).copied().unwrap_or(text.len());
            let (shown, meant, _, _) = excerpt(&text, *start..end);
            let whole = &text[*start..end];
            let first_line = whole.split(['\r', '\n']).next().unwrap();
            assert!(
                first_line == meant && shown.contains(first_line),
                "{start}: {shown:?}"
            );
        }
    }
}
