//! [`SyntaxError`]: why a text is no document.

use std::ops::Range;

/// What is wrong, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct SyntaxError {
    /// The bytes of the text.
    pub(crate) span: Range<usize>,
    /// What is wrong.
    pub(crate) message: String,
    /// The bracket that is open there.
    pub(crate) opened: Option<Range<usize>>,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl SyntaxError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            opened: None,
            help: None,
        }
    }

    pub(super) fn opened(mut self, bracket: Range<usize>) -> Self {
        self.opened = Some(bracket);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
