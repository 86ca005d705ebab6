//! [`Excerpt`]: the line of a text that a message is about.

use std::ops::Range;

use crate::source::{Location, Source};

/// The longest line that is shown whole, and how much of a longer one stands before what is meant; in characters.
const LONGEST_LINE: usize = 160;
const BEFORE: usize = 60;

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
        let (text, span) = if text.len() > LONGEST_LINE {
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
    let start = before.char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
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
