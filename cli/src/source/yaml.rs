//! The documents of a text.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScanError};
use spiffe_authz_policy::Document;

use crate::source::builder::Builder;
use crate::source::node::Node;
use crate::source::syntax::SyntaxError;

/// Broken documents of one text that are told of; behind them reading ends.
const MOST_ERRORS: usize = 20;

/// What a text holds.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The documents that could be read.
    pub(crate) documents: Vec<(Document, Node)>,
    /// One error for each that could not.
    pub(crate) errors: Vec<SyntaxError>,
}

/// Reads every document; behind a broken one it goes on with the next.
pub(crate) fn read(text: &str) -> Reading {
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut reading = Reading::default();
    let mut builder = Builder::default();
    while let Some(result) = parser.next_event() {
        let taken = match result {
            Ok((Event::DocumentEnd, _)) => {
                reading.documents.push(std::mem::take(&mut builder).finish());
                Ok(())
            }
            Ok((event, span)) => builder.take(event, span),
            Err(error) => Err(scan_error(&error, text)),
        };
        if let Err(error) = taken {
            reading.errors.push(error);
            builder = Builder::default();
            if reading.errors.len() >= MOST_ERRORS || !matches!(parser.proceed_next_document(), Ok(true)) {
                break;
            }
        }
    }
    reading
}

fn scan_error(error: &ScanError, text: &str) -> SyntaxError {
    let start = error.marker().byte_offset().unwrap_or(text.len());
    SyntaxError::new(at(text, start), error.kind().to_string())
}

/// The character at an offset, or the last one of the text.
fn at(text: &str, offset: usize) -> Range<usize> {
    let start = text.floor_char_boundary(offset);
    let next = text.get(start..).and_then(|rest| rest.chars().next());
    start..start.saturating_add(next.map_or(0, char::len_utf8))
}
