//! [`Report`]: diagnostics with the texts that they are about.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::diagnostics::human::render;
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{Location, Source};

/// Everything to say of some files.
#[derive(Debug)]
pub(crate) struct Report {
    sources: Arc<[Source]>,
    diagnostics: Vec<Diagnostic>,
    extent: Extent,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extent {
    /// Files, those that could not be read too.
    pub(crate) files: usize,
    /// Documents that could be read; the elements of a `List` are one each.
    pub(crate) documents: usize,
    /// Those of them that this project has nothing to do with: how many of each kind.
    pub(crate) passed_over: BTreeMap<String, usize>,
}

/// How many diagnostics of each severity.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
}

/// A part of a file as people count: lines and columns from 1, columns in characters; the end is behind the last one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Region {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
}

impl Report {
    pub(crate) fn new(sources: Arc<[Source]>, diagnostics: Vec<Diagnostic>, extent: Extent) -> Self {
        Self {
            sources,
            diagnostics,
            extent,
        }
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(crate) fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    pub(crate) fn extent(&self) -> &Extent {
        &self.extent
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

    /// Lines and columns of a location.
    pub(crate) fn region(&self, location: &Location) -> Option<Region> {
        let source = self.sources.get(location.source)?;
        let span = &location.span;
        Some(Region {
            file: source.name(),
            line: source.line(span.start),
            column: source.column(span.start),
            end_line: source.line(span.end),
            end_column: source.column(span.end),
        })
    }

    /// How much of what was found where: `3 errors, 2 warnings in 14 documents of 5 files`.
    pub(crate) fn summary(&self) -> String {
        let Extent {
            files,
            documents,
            passed_over,
        } = &self.extent;
        let (documents, files) = (plural(*documents, "document"), plural(*files, "file"));
        let mut summary = format!("{} in {documents} of {files}", self.counts());
        if self.extent.files == 0 {
            summary.push_str("\nnothing was looked at: no file there ends in .yaml, .yml or .json");
        }
        if !passed_over.is_empty() {
            let kinds = passed_over.iter().map(|(kind, count)| format!("{count} {kind}"));
            let kinds: Vec<String> = kinds.collect();
            summary = format!(
                "{summary}\npassed over, as nothing that is enforced here: {}",
                kinds.join(", ")
            );
        }
        summary
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
        if told.is_empty() {
            return formatter.write_str("no problems");
        }
        formatter.write_str(&told.join(", "))
    }
}

/// `1 file`, `2 files`.
fn plural(count: usize, noun: &str) -> String {
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
