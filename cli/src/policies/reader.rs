//! [`Reader`]: the documents of many files, and everything that is wrong with the files.

use std::path::Path;
use std::sync::Arc;

use spiffe_authz_policy::{Document, Limits};

use crate::diagnostics::{Diagnostic, Extent, Report, file_problem, syntax_problem};
use crate::failure::Failure;
use crate::source::{FileProblem, Location, Node, Source, json_error, read};

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
        let documents = self.documents_of(path, source.text(), index);
        self.sources.push(source);
        self.extent.documents = self.extent.documents.saturating_add(documents.len());
        documents
    }

    fn documents_of(&mut self, path: &Path, text: &str, source: usize) -> Vec<Placed> {
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
        let mut errors = reading.errors;
        let is_named_json = path.extension().is_some_and(|extension| extension == "json");
        if is_named_json && !errors.is_empty() {
            errors = json_error(text).map_or(errors, |error| vec![error]);
        }
        for error in errors {
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

    /// Notes that a file of Istio documents holds a plugin configuration.
    pub(super) fn note_configuration(&mut self, path: &Path, placed: &Placed) {
        let message = format!(
            "`{}` holds a plugin configuration, and no document of Istio",
            path.display()
        );
        let problem = Diagnostic::error("wrong-kind", message).at(Self::location(placed));
        self.problems.push(problem.help("read it by `--config`"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Part, Step, steps};

    fn json(text: &str) -> Document {
        Document::from_json(text.as_bytes(), Limits::default()).unwrap()
    }

    /// The bytes of a place of a text, if they are known.
    fn found<'t>(text: &'t str, place: &str) -> Option<&'t str> {
        let mut reader = Reader::default();
        let placed = reader.documents_of(Path::new("p.json"), text, 0);
        let [placed] = &placed[..] else {
            panic!("{text}: {placed:?}");
        };
        let (mut node, mut document) = (&placed.node, &placed.document);
        for step in steps(place) {
            (node, document) = node.down(document, &step, 0)?;
        }
        text.get(node.shown(Part::Value))
    }

    #[test]
    fn what_has_the_same_parts_in_the_same_order_is_alike() {
        for (one, other, expected) in [
            ("1", "\"x\"", true),
            ("null", "true", true),
            ("[1, 2]", "[3, 4]", true),
            ("[1, 2]", "[3]", false),
            ("[1]", "1", false),
            ("{}", "[]", false),
            ("1", "{}", false),
            ("{\"a\": 1, \"b\": 2}", "{\"a\": 3, \"b\": 4}", true),
            ("{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", false),
            ("{\"a\": 1, \"a\": 2}", "{\"a\": 1}", false),
            ("{\"a\": [{\"b\": 1}]}", "{\"a\": [{\"b\": 2}]}", true),
            ("{\"a\": [{\"b\": 1}]}", "{\"a\": [{\"c\": 1}]}", false),
        ] {
            assert_eq!(is_alike(&json(one), &json(other)), expected, "{one} {other}");
        }
    }

    #[test]
    fn the_places_of_json_are_those_of_its_text() {
        for text in [
            r#"{"a": [1, {"b": "x"}], "a": 2, "c\u0064": "\ud83d\ude00"}"#,
            "{\n\t\"a\": [1, {\"b\": \"x\"}]\n}\n",
            r#"{"<<": 1, "a": [0, {"b": "x"}], "n": true, "": "/"}"#,
        ] {
            assert_eq!(found(text, "a[1].b"), Some("\"x\""), "{text}");
        }
        let long = format!("{{\"{}\": 1, \"a\": [0, {{\"b\": \"x\"}}]}}", "k".repeat(2_000));
        // YAML has no names so long: the document is read all the same, and nothing of it can be shown.
        assert_eq!(found(&long, "a[1].b"), None);
    }

    #[test]
    fn json_is_read_as_json_where_yaml_reads_otherwise() {
        let mut reader = Reader::default();
        let text = r#"{"slash": "\/", "minus": -0, "large": 123456789012345678901234567890}"#;
        let placed = reader.documents_of(Path::new("p.json"), text, 0);
        assert_eq!(placed[0].document, json(text));
        assert_ne!(read(text).documents[0].0, json(text));
    }

    #[test]
    fn a_step_that_leads_nowhere_has_no_place() {
        assert_eq!(found("{\"a\": 1}", "b"), None);
        assert_eq!(found("[1]", "[1]"), None);
        assert_eq!(steps("a[0]"), [Step::Field("a".to_owned()), Step::Index(0)]);
    }
}
