//! What the scanner of YAML says, as people are told it.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use crate::source::syntax::SyntaxError;

/// The error of a text, with the list or map in braces that was open there.
pub(super) fn scan_error(error: &ScanError, text: &str, open: Option<usize>) -> SyntaxError {
    let start = error.marker().byte_offset().unwrap_or(text.len());
    let told = SyntaxError::new(at(text, start), message(error.kind()));
    let told = match help(error.kind()) {
        Some(help) => told.help(help),
        None => told,
    };
    // On the same line one sees it.
    let opened = open.filter(|open| {
        text.get(*open..start)
            .is_some_and(|between| between.contains('\n'))
    });
    match opened {
        Some(open) => told.opened(at(text, open)),
        None => told,
    }
}

/// The character at an offset, or the last one of the text.
fn at(text: &str, offset: usize) -> Range<usize> {
    let start = text.floor_char_boundary(offset);
    let next = text.get(start..).and_then(|rest| rest.chars().next());
    start..start.saturating_add(next.map_or(0, char::len_utf8))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library adds kinds, and says most things well itself"
)]
fn message(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::UnexpectedCharacter { character } => {
            format!("the character U+{:04X} cannot stand here", u32::from(*character))
        }
        ErrorKind::UnknownAnchor => "an alias of an anchor that is not defined before it".to_owned(),
        ErrorKind::RecursionLimitExceeded => "nested too deeply: recursion limit exceeded".to_owned(),
        other => other.to_string(),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the library adds kinds, and most of them say what to do"
)]
fn help(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => "indent with spaces: YAML takes no tab here",
        ErrorKind::MappingValueNotAllowed | ErrorKind::MappingKeyNotAllowed => {
            "indent this line as the fields beside it; a text that holds `: ` stands in quotes"
        }
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey => {
            "indent this line as the fields beside it"
        }
        ErrorKind::ExpectedBlockSequenceEntry | ErrorKind::BlockSequenceEntryNotAllowed => {
            "indent this line as the `- ` of the elements beside it"
        }
        ErrorKind::InvalidColonPlacement
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::InvalidFlowScalarIndent => "is a `]`, a `}` or a comma missing before this?",
        ErrorKind::UnclosedFlowCollection { .. } => "close it behind its last element",
        ErrorKind::MisplacedFlowCollectionEnd => "remove it: nothing is open that it closes",
        ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::UnclosedQuotedScalar
        | ErrorKind::DocumentIndicatorInQuotedScalar => "is the quote of the text before this missing?",
        ErrorKind::UnexpectedCharacter { .. } => {
            "leave it out, or write it with its code in a text in double quotes, such as \"\\u001B\""
        }
        ErrorKind::UnknownAnchor => {
            "define it by `&NAME` before it is used, or put the text in quotes: `*` begins an alias"
        }
        ErrorKind::UnknownQuotedScalarEscape => "write `\\\\` for a backslash, or take single quotes",
        _ => return None,
    })
}
