//! [`Report`]: diagnostics with the texts that they are about.

use std::fmt;
use std::sync::Arc;

use crate::diagnostics::human::render;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::Source;

/// Everything to say of some files.
#[derive(Debug)]
pub(crate) struct Report {
    sources: Arc<[Source]>,
    diagnostics: Vec<Diagnostic>,
}

/// How many diagnostics of each severity.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
}

impl Report {
    pub(crate) fn new(sources: Arc<[Source]>, diagnostics: Vec<Diagnostic>) -> Self {
        Self { sources, diagnostics }
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(crate) fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    pub(crate) fn counts(&self) -> Counts {
        let count = |severity| {
            let of_severity = |diagnostic: &&Diagnostic| diagnostic.severity == severity;
            self.diagnostics.iter().filter(of_severity).count()
        };
        Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

impl Counts {
    /// Whether there is nothing to say.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.notes, "note"),
        ];
        let told = counts.into_iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told.map(|(count, noun)| plural(count, noun)).collect();
        formatter.write_str(&told.join(", "))
    }
}

/// `1 file`, `2 files`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&render(self, false))
    }
}
