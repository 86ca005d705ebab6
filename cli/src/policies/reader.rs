//! [`Reader`]: the documents of many files, and everything that is wrong with the files.

use std::path::Path;
use std::sync::Arc;

use spiffe_authz_policy::{Document, Limits};

use crate::diagnostics::{Diagnostic, Extent, Report, file_problem, syntax_problem};
use crate::failure::Failure;
use crate::source::{FileProblem, Location, Node, Source, read};

/// A document of a file.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) document: Document,
    pub(super) node: Node,
    /// The index of its source.
    pub(super) source: usize,
}

/// Files that are read one after another.
#[derive(Debug, Default)]
pub(super) struct Reader {
    sources: Vec<Source>,
    problems: Vec<Diagnostic>,
    cannot_read: bool,
    extent: Extent,
}

impl Reader {
    /// The documents of a file, those that could be read. Empty ones are left out, as Kubernetes' tools do.
    pub(super) fn documents(&mut self, path: &Path) -> Vec<Placed> {
        self.extent.files = self.extent.files.saturating_add(1);
        let source = match Source::read(path) {
            Ok(source) => source,
            Err(problem) => {
                self.cannot_read |= matches!(problem, FileProblem::Unreadable(_));
                self.problems.push(file_problem(path, &problem));
                return Vec::new();
            }
        };
        let index = self.sources.len();
        let documents = self.documents_of(source.text(), index);
        self.sources.push(source);
        self.extent.documents = self.extent.documents.saturating_add(documents.len());
        documents
    }

    fn documents_of(&mut self, text: &str, source: usize) -> Vec<Placed> {
        // What the filter takes as JSON is read as the filter reads it.
        let json = Document::from_json(text.as_bytes(), Limits::default()).ok();
        let reading = read(text);
        if let Some(document) = json {
            let of_yaml = reading.documents.into_iter().next();
            let node = of_yaml
                .filter(|(yaml, _)| is_alike(yaml, &document))
                .map(|(_, node)| node);
            return vec![Placed {
                document,
                node: node.unwrap_or_default(),
                source,
            }];
        }
        for error in reading.errors {
            self.problems.push(syntax_problem(error, source));
        }
        let documents = reading.documents.into_iter();
        documents
            .filter(|(document, _)| *document != Document::Null)
            .map(|(document, node)| Placed {
                document,
                node,
                source,
            })
            .collect()
    }

    /// Notes that a file of this name says nothing, if nothing is wrong with it otherwise.
    pub(super) fn note_empty(&mut self, path: &Path) {
        if self.problems.is_empty() {
            self.problems.push(Diagnostic::error("empty-file", format!("`{}` holds no document", path.display())).help(
                "write a policy into it, or leave the file out; `resources: []` is a configuration without any policy",
            ));
        }
    }

    /// Notes that a file that holds one document holds none, if nothing is wrong with it otherwise.
    pub(super) fn note_no_document(&mut self, path: &Path) {
        if self.problems.is_empty() {
            let message = format!("`{}` holds no document", path.display());
            self.problems.push(Diagnostic::error("empty-file", message));
        }
    }

    /// Notes that a file that holds one document holds another.
    pub(super) fn note_second_document(&mut self, path: &Path, second: &Placed) {
        let message = format!("`{}` holds more than one document", path.display());
        let problem = Diagnostic::error("many-documents", message).at(Self::location(second));
        self.problems
            .push(problem.help("put each into a file of its own"));
    }

    /// Notes a problem of a document.
    pub(super) fn note(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Where a document begins.
    pub(super) fn location(placed: &Placed) -> Location {
        Location {
            source: placed.source,
            span: placed.node.shown(crate::source::Part::Key),
        }
    }

    /// The texts and what was looked at, if nothing was wrong.
    pub(super) fn finish(self) -> Result<(Arc<[Source]>, Extent), Failure> {
        let sources: Arc<[Source]> = self.sources.into();
        if self.problems.is_empty() {
            return Ok((sources, self.extent));
        }
        let report = Report::new(sources, self.problems, self.extent);
        Err(if self.cannot_read {
            Failure::UnreadableSources(Box::new(report))
        } else {
            Failure::Invalid(Box::new(report))
        })
    }
}

/// Whether the parts of both are the same in number and order, so that the places of one are those of the other.
fn is_alike(one: &Document, other: &Document) -> bool {
    match (one, other) {
        (Document::List(ones), Document::List(others)) => {
            ones.len() == others.len() && ones.iter().zip(others).all(|(one, other)| is_alike(one, other))
        }
        (Document::Map(ones), Document::Map(others)) => {
            let are_alike =
                |((name, one), (other_name, other)): (&(String, Document), &(String, Document))| {
                    name == other_name && is_alike(one, other)
                };
            ones.len() == others.len() && ones.iter().zip(others).all(are_alike)
        }
        (Document::List(_) | Document::Map(_), _) | (_, Document::List(_) | Document::Map(_)) => false,
        (_, _) => true,
    }
}
