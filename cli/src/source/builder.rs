//! [`Builder`]: one document out of the events of its text.

use std::collections::HashSet;
use std::ops::Range;

use granit_parser::{Event, ScalarStyle, Span, Tag};
use spiffe_authz_policy::{Document, Limits};

use crate::source::expansion::{Expansion, TooMuch, Weight};
use crate::source::node::{Bytes, Node};
use crate::source::scalar::resolve;
use crate::source::syntax::SyntaxError;

/// One document while it is read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    frames: Vec<Frame>,
    root: Option<(Document, Node)>,
    expansion: Expansion,
    weight: Weight,
}

/// A list or a map that is not complete.
#[derive(Debug)]
struct Frame {
    anchor: usize,
    start: usize,
    nodes: Vec<Node>,
    weight_before: Weight,
    content: Content,
}

#[derive(Debug)]
enum Content {
    List(Vec<Document>),
    Map {
        entries: Vec<(String, Document)>,
        key: Option<Key>,
        merged: Vec<(Document, Node)>,
    },
}

/// What a value is to be in its map.
#[derive(Debug)]
enum Key {
    Field(String, Bytes),
    /// `<<`, whose value gives the fields that the map has not itself.
    Merge,
}

impl Builder {
    /// The document, once its end has been seen. An empty one is null.
    pub(super) fn finish(self) -> (Document, Node) {
        self.root.unwrap_or((Document::Null, Node::default()))
    }

    /// Where the innermost list or map that is not complete begins, if that is a bracket.
    pub(super) fn open_bracket(&self, text: &str) -> Option<usize> {
        let start = self.frames.last()?.start;
        let rest = text.get(start..)?;
        rest.starts_with(['[', '{']).then_some(start)
    }

    /// Takes what belongs to a document.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "documents begin and end elsewhere, and nothing else is a value"
    )]
    pub(super) fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let at = span.byte_range().unwrap_or_default();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.expects_key() && is_merge(&text, style, tag.as_deref()) {
                    return self.set_key(Key::Merge);
                }
                self.weight.add(&text);
                let value = resolve(text, style, tag.as_deref());
                let value = value.map_err(|reason| SyntaxError::new(at.clone(), reason))?;
                self.place(value, leaf(&at), anchor, &at)
            }
            Event::Alias(anchor) => self.alias(anchor, &at),
            Event::SequenceStart(_, anchor, tag) => {
                self.check_kind(tag.as_deref(), "seq", &at)?;
                self.open(anchor, &at, Content::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_kind(tag.as_deref(), "map", &at)?;
                let content = Content::Map {
                    entries: Vec::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.open(anchor, &at, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&at),
            _ => Ok(()),
        }
    }

    fn check_kind(&self, tag: Option<&Tag>, kind: &str, at: &Range<usize>) -> Result<(), SyntaxError> {
        match tag.and_then(Tag::core_suffix) {
            Some(name) if name != kind => {
                let message = format!("the tag `!!{name}` does not fit this value");
                Err(SyntaxError::new(at.clone(), message))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.frames.last().map(|frame| &frame.content),
            Some(Content::Map { key: None, .. })
        )
    }

    fn set_key(&mut self, new: Key) -> Result<(), SyntaxError> {
        if let Some(Content::Map { key, .. }) = self.frames.last_mut().map(|frame| &mut frame.content) {
            *key = Some(new);
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, at: &Range<usize>, content: Content) -> Result<(), SyntaxError> {
        if self.expects_key() {
            return Err(no_name(at, "a list or a map"));
        }
        self.check_depth(1, at)?;
        self.weight.add("");
        self.frames.push(Frame {
            anchor,
            start: at.start,
            nodes: Vec::new(),
            weight_before: self.weight,
            content,
        });
        Ok(())
    }

    fn check_depth(&self, more: usize, at: &Range<usize>) -> Result<(), SyntaxError> {
        let most = Limits::default().depth;
        if self.frames.len().saturating_add(more) > most {
            let message =
                format!("nested too deeply: at most {most} lists and maps in each other are allowed");
            return Err(SyntaxError::new(at.clone(), message));
        }
        Ok(())
    }

    fn close(&mut self, at: &Range<usize>) -> Result<(), SyntaxError> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let Frame {
            anchor,
            start,
            mut nodes,
            weight_before,
            content,
        } = frame;
        let end = match (at.is_empty(), nodes.last()) {
            (true, Some(last)) => last.value.range().end,
            (true, None) | (false, _) => at.end,
        };
        let value = match content {
            Content::List(items) => Document::List(items),
            Content::Map {
                mut entries, merged, ..
            } => {
                merge(&mut entries, &mut nodes, merged);
                Document::Map(entries)
            }
        };
        let node = Node {
            key: None,
            value: (start..end.max(start)).into(),
            parts: nodes.into(),
        };
        let weight = self.weight.since(weight_before);
        self.expansion
            .keep(anchor, &value, &node, weight)
            .map_err(|error| too_much(&error, at))?;
        self.put(value, node, at)
    }

    /// Puts a plain value where it belongs.
    fn place(
        &mut self,
        value: Document,
        node: Node,
        anchor: usize,
        at: &Range<usize>,
    ) -> Result<(), SyntaxError> {
        let mut weight = Weight::default();
        weight.add(value.as_text().unwrap_or_default());
        self.expansion
            .keep(anchor, &value, &node, weight)
            .map_err(|error| too_much(&error, at))?;
        self.put(value, node, at)
    }

    fn alias(&mut self, anchor: usize, at: &Range<usize>) -> Result<(), SyntaxError> {
        let copy = self
            .expansion
            .copy(anchor)
            .map_err(|error| too_much(&error, at))?;
        let Some((value, node, weight)) = copy else {
            return Err(SyntaxError::new(at.clone(), "an alias within what it stands for"));
        };
        self.check_depth(height(&value), at)?;
        self.weight.add_all(weight);
        self.put(value, node, at)
    }

    fn put(&mut self, value: Document, mut node: Node, at: &Range<usize>) -> Result<(), SyntaxError> {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some((value, node));
            return Ok(());
        };
        match &mut frame.content {
            Content::List(items) => {
                items.push(value);
                frame.nodes.push(node);
            }
            Content::Map { entries, key, merged } => match key.take() {
                None => *key = Some(field_name(value, at)?),
                Some(Key::Merge) => merged.extend(mergeable(value, node, at)?),
                Some(Key::Field(name, bytes)) => {
                    node.key = Some(bytes);
                    entries.push((name, value));
                    frame.nodes.push(node);
                }
            },
        }
        Ok(())
    }
}

fn leaf(at: &Range<usize>) -> Node {
    Node {
        key: None,
        value: at.clone().into(),
        parts: Box::default(),
    }
}

fn is_merge(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    match tag {
        None => text == "<<" && style == ScalarStyle::Plain,
        Some(tag) => tag
            .suffix_in_namespace("tag:yaml.org,2002:")
            .is_some_and(|name| name == "merge"),
    }
}

/// The name of a field. YAML writes `8080:` for what Kubernetes stores as `"8080":`.
fn field_name(value: Document, at: &Range<usize>) -> Result<Key, SyntaxError> {
    match value {
        Document::String(name) | Document::Number(name) => Ok(Key::Field(name, at.clone().into())),
        Document::Bool(word) => Err(no_name(at, &format!("the boolean `{word}`"))
            .help("write the name in quotes: YAML takes some words for booleans")),
        Document::Null => Err(no_name(at, "nothing")),
        Document::List(_) | Document::Map(_) => Err(no_name(at, "a list or a map")),
    }
}

fn no_name(at: &Range<usize>, found: &str) -> SyntaxError {
    SyntaxError::new(at.clone(), format!("expected a field name, found {found}"))
}

fn too_much(TooMuch: &TooMuch, at: &Range<usize>) -> SyntaxError {
    SyntaxError::new(
        at.clone(),
        "the anchors and aliases of this document stand for more than is read",
    )
    .help("write fewer of them, or the values themselves")
}

/// The maps of a merge key: one, or a list of them.
fn mergeable(value: Document, node: Node, at: &Range<usize>) -> Result<Vec<(Document, Node)>, SyntaxError> {
    let maps = match value {
        Document::List(items) => items.into_iter().zip(node.parts).collect(),
        Document::Null => Vec::new(),
        Document::Bool(_) | Document::Number(_) | Document::String(_) | Document::Map(_) => {
            vec![(value, node)]
        }
    };
    if maps.iter().all(|(value, _)| matches!(value, Document::Map(_))) {
        Ok(maps)
    } else {
        Err(SyntaxError::new(
            at.clone(),
            "`<<` takes a map, or a list of maps",
        ))
    }
}

/// Adds the fields that the map has not itself; of several maps the first one has its way.
fn merge(entries: &mut Vec<(String, Document)>, nodes: &mut Vec<Node>, merged: Vec<(Document, Node)>) {
    if merged.is_empty() {
        return;
    }
    let mut known: HashSet<String> = entries.iter().map(|(name, _)| name.clone()).collect();
    for (map, node) in merged {
        let Document::Map(fields) = map else {
            continue;
        };
        for ((name, value), node) in fields.into_iter().zip(node.parts) {
            if known.insert(name.clone()) {
                entries.push((name, value));
                nodes.push(node);
            }
        }
    }
}

/// How many lists and maps are in each other.
fn height(value: &Document) -> usize {
    let below = match value {
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::String(_) => return 0,
        Document::List(items) => items.iter().map(height).max(),
        Document::Map(entries) => entries.iter().map(|(_, value)| height(value)).max(),
    };
    below.unwrap_or(0).saturating_add(1)
}

#[cfg(test)]
mod tests;
