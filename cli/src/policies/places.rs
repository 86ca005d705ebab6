//! [`Places`]: where each part of a configuration comes from, that may be put together of many files and of options.

use spiffe_authz_policy::Document;

use crate::source::{Located, Location, Node, Part, Step, steps};

/// The origins of a configuration.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    root: Root,
    /// What options say, each with its place.
    options: Vec<(String, &'static str)>,
}

#[derive(Clone, Debug)]
enum Root {
    /// One document of one source.
    Document(usize, Node),
    /// Resources, each of a source.
    Resources(Vec<(usize, Node)>),
}

impl Places {
    pub(super) fn of_document(source: usize, node: Node) -> Self {
        Self {
            root: Root::Document(source, node),
            options: Vec::new(),
        }
    }

    pub(super) fn of_resources(nodes: Vec<(usize, Node)>) -> Self {
        Self {
            root: Root::Resources(nodes),
            options: Vec::new(),
        }
    }

    pub(super) fn set_options(&mut self, options: Vec<(String, &'static str)>) {
        self.options = options;
    }

    /// The places of a part of the document, and that part.
    pub(super) fn below<'d>(
        &'d self,
        document: &'d Document,
        fields: [&str; 2],
    ) -> Option<(Self, &'d Document)> {
        let Root::Document(source, node) = &self.root else {
            return None;
        };
        let (mut node, mut document) = (node, document);
        for field in fields {
            let step = Step::Field(field.to_owned());
            (node, document) = node.down(document, &step, 0)?;
        }
        Some((Self::of_document(*source, node.clone()), document))
    }

    /// Where a place of the document stands; what is not there stands where it belongs. Of a field that is given more
    /// than once it is the `nth`, from 0.
    pub(crate) fn locate(&self, document: &Document, place: &str, part: Part, nth: usize) -> Located {
        let is_in = |(outer, _): &&(String, &str)| {
            place
                .strip_prefix(outer.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if let Some((_, option)) = self.options.iter().rev().find(is_in) {
            return Located::Option(option);
        }
        let steps = steps(place);
        match &self.root {
            Root::Document(source, node) => in_node(*source, (node, document), &steps, part, nth),
            Root::Resources(nodes) => match steps.as_slice() {
                [Step::Field(_), Step::Index(index), inner @ ..] => {
                    let resource = document
                        .field("resources")
                        .and_then(Document::as_list)
                        .and_then(|resources| resources.get(*index));
                    match (nodes.get(*index), resource) {
                        (Some((source, node)), Some(resource)) => {
                            in_node(*source, (node, resource), inner, part, nth)
                        }
                        (Some(_) | None, _) => Located::Nowhere,
                    }
                }
                _ => Located::Nowhere,
            },
        }
    }
}

fn in_node(
    source: usize,
    (node, document): (&Node, &Document),
    steps: &[Step],
    part: Part,
    nth: usize,
) -> Located {
    let (mut node, mut document, mut part) = (node, document, part);
    for (index, step) in steps.iter().enumerate() {
        let is_last = index.saturating_add(1) == steps.len();
        match node.down(document, step, if is_last { nth } else { 0 }) {
            Some(below) => (node, document) = below,
            None => {
                part = Part::Key;
                break;
            }
        }
    }
    Located::Text(Location {
        source,
        span: node.shown(part),
    })
}
