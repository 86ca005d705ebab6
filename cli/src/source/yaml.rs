//! The documents of a text.

use granit_parser::{Event, Options, Parser};
use spiffe_authz_policy::Document;

use crate::source::builder::Builder;
use crate::source::node::Node;
use crate::source::scan_error::scan_error;
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
            Err(error) => Err(scan_error(&error, text, builder.open_bracket(text))),
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
