//! One plugin configuration out of documents and flags.

use std::collections::BTreeMap;
use std::path::Path;

use spiffe_authz_policy::Document;

use crate::diagnostics::Diagnostic;
use crate::policies::MeshArguments;
use crate::policies::carrier::Carrier;
use crate::policies::reader::{Placed, Reader};
use crate::source::{Node, Step};

/// The group of Istio's security resources.
const SECURITY_GROUP: &str = "security.istio.io/";

/// The resources of many documents.
#[derive(Debug, Default)]
pub(super) struct Assembled {
    pub(super) resources: Vec<Document>,
    /// Where each resource stands.
    pub(super) nodes: Vec<(usize, Node)>,
    /// How many documents there were, those in lists too.
    pub(super) documents: usize,
    /// How many were passed over, of each kind.
    pub(super) passed_over: BTreeMap<String, usize>,
}

/// A configuration of resources and flags.
pub(crate) fn document_of(resources: Vec<Document>, flags: &MeshArguments) -> Document {
    let mut document = Document::Map(vec![("resources".to_owned(), Document::List(resources))]);
    // Nothing of it stands in a file.
    let _ = with_mesh(&mut document, flags);
    document
}

impl Assembled {
    /// Adds a document. Documents of other groups are passed over, as are RequestAuthentications, which Envoy's
    /// `jwt_authn` serves. Lists are taken apart.
    pub(super) fn add(&mut self, placed: Placed) {
        let Placed {
            document,
            node,
            source,
        } = placed;
        match items(document, node) {
            Ok(items) => {
                for (document, node) in items {
                    self.add(Placed {
                        document,
                        node,
                        source,
                    });
                }
            }
            Err((document, node)) => self.add_one(document, node, source),
        }
    }

    fn add_one(&mut self, document: Document, node: Node, source: usize) {
        self.documents = self.documents.saturating_add(1);
        if is_served(&document) {
            self.resources.push(document);
            self.nodes.push((source, node));
        } else {
            let kind = document
                .field("kind")
                .and_then(Document::as_text)
                .unwrap_or_default();
            let count = self.passed_over.entry(kind.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
    }
}

/// A value and where it stands.
type Value = (Document, Node);

/// The elements of a Kubernetes `List`, or else the document itself.
fn items(document: Document, node: Node) -> Result<Vec<Value>, Value> {
    let is_list = document.field("kind").and_then(Document::as_text) == Some("List");
    let Some(items) = document
        .field("items")
        .and_then(Document::as_list)
        .filter(|_| is_list)
    else {
        return Err((document, node));
    };
    let list = node.down(&document, &Step::Field("items".to_owned()), 0);
    let place = |index| list.and_then(|(node, items)| node.down(items, &Step::Index(index), 0));
    let placed = items.iter().enumerate().map(|(index, item)| {
        let node = place(index).map(|(node, _)| node.clone());
        (item.clone(), node.unwrap_or_default())
    });
    Ok(placed.collect())
}

fn is_served(document: &Document) -> bool {
    let group = document.field("apiVersion").and_then(Document::as_text);
    let kind = document.field("kind").and_then(Document::as_text);
    match (group, kind) {
        (Some(group), Some(kind)) => group.starts_with(SECURITY_GROUP) && kind != "RequestAuthentication",
        // What does not say what it is must not be passed over.
        (Some(_) | None, _) => true,
    }
}

/// The plugin configuration of a file: its one document, or what its one WasmPlugin or TrafficExtension carries.
pub(super) fn plugin_configuration(
    documents: Vec<Placed>,
    path: &Path,
    reader: &mut Reader,
) -> Option<Placed> {
    let count = documents.len();
    let (mut plugins, mut others) = (Vec::new(), Vec::new());
    for placed in documents {
        match kind_of(&placed).and_then(Carrier::of_kind) {
            Some(carrier) => plugins.push((carrier, placed)),
            None => others.push(placed),
        }
    }
    match (plugins.pop(), others.into_iter().next()) {
        (Some((carrier, plugin)), _) if plugins.is_empty() => inner_configuration(carrier, plugin, reader),
        (None, Some(only)) if count == 1 && is_policy(&only) => {
            let kind = kind_of(&only).unwrap_or_default();
            let message = format!(
                "`{}` holds no plugin configuration: it is a document of Istio",
                path.display()
            );
            let mut problem = Diagnostic::error("wrong-kind", message).at(Reader::location(&only));
            problem.notes.push(format!("its kind is {kind}"));
            reader
                .note(problem.help("read it by `-f`, or put it into `resources` of a plugin configuration"));
            None
        }
        (None, Some(only)) if count == 1 => Some(only),
        (Some((_, again)), _) | (None, Some(again)) => {
            let message = format!(
                "`{}` holds {count} documents, of which none is the one configuration",
                path.display()
            );
            let problem = Diagnostic::error("many-documents", message)
                .at(Reader::location(&again))
                .help(
                    "`--config` takes one plugin configuration, one WasmPlugin or one TrafficExtension; \
                     `-f` takes Istio documents",
                );
            reader.note(problem);
            None
        }
        (None, None) => {
            reader.note_empty(path);
            None
        }
    }
}

/// Whether it is one that Istio knows, or a list of such.
fn is_policy(placed: &Placed) -> bool {
    matches!(
        kind_of(placed),
        Some("AuthorizationPolicy" | "PeerAuthentication" | "List")
    )
}

fn kind_of(placed: &Placed) -> Option<&str> {
    placed.document.field("kind").and_then(Document::as_text)
}

fn inner_configuration(carrier: Carrier, plugin: Placed, reader: &mut Reader) -> Option<Placed> {
    let steps = carrier.path().iter().map(|name| Step::Field((*name).to_owned()));
    let mut inner = Some((&plugin.node, &plugin.document));
    for step in steps {
        inner = inner.and_then(|(node, document)| node.down(document, &step, 0));
    }
    let inner = inner.map(|(node, document)| (node.clone(), document.clone()));
    let Some((node, document)) = inner else {
        let problem = Diagnostic::error(
            "missing-field",
            format!("the {} has no `{}`", carrier.kind(), carrier.path().join(".")),
        )
        .at(Reader::location(&plugin))
        .help("the plugin configuration stands there");
        reader.note(problem);
        return None;
    };
    let source = plugin.source;
    Some(Placed {
        document,
        node,
        source,
    })
}

/// What a flag says: its place, its name, its value.
type Said = (&'static [&'static str], &'static str, Document);

/// Writes what the flags say into the configuration; the places of that, each with its flag.
pub(super) fn with_mesh(document: &mut Document, flags: &MeshArguments) -> Vec<(String, &'static str)> {
    let mut places = Vec::new();
    for (path, option, value) in said(flags) {
        set(document, path, value);
        places.push((path.join("."), option));
    }
    places
}

fn said(flags: &MeshArguments) -> Vec<Said> {
    let MeshArguments {
        profile,
        trust_domain,
        trust_domain_alias,
        root_namespace,
        namespace,
        labels,
        custom,
    } = flags;
    let aliases = (!trust_domain_alias.is_empty())
        .then(|| Document::List(trust_domain_alias.iter().map(|name| text(name)).collect()));
    let labels = labels.iter().map(|(key, value)| (key.clone(), text(value)));
    let workload = namespace
        .as_deref()
        .map(|namespace| Document::Map(vec![("namespace".to_owned(), text(namespace))]));
    let labels = workload.is_some().then(|| Document::Map(labels.collect()));
    let said: [(&[&str], &str, Option<Document>); 7] = [
        (
            &["profile"],
            "--profile",
            profile.map(|profile| text(profile.name())),
        ),
        (&["custom"], "--custom", custom.map(|custom| text(custom.name()))),
        (
            &["mesh", "trustDomain"],
            "--trust-domain",
            trust_domain.as_deref().map(text),
        ),
        (&["mesh", "trustDomainAliases"], "--trust-domain-alias", aliases),
        (
            &["mesh", "rootNamespace"],
            "--root-namespace",
            root_namespace.as_deref().map(text),
        ),
        (&["workload"], "--namespace", workload),
        (&["workload", "labels"], "--labels", labels),
    ];
    let said = said.into_iter();
    said.filter_map(|(path, option, value)| Some((path, option, value?)))
        .collect()
}

fn text(text: &str) -> Document {
    Document::String(text.to_owned())
}

/// Sets the field at a path, with the maps around it. What is no map stays as it is: the engine says so.
fn set(document: &mut Document, path: &[&str], value: Document) {
    let ([name, rest @ ..], Document::Map(entries)) = (path, document) else {
        return;
    };
    if !entries.iter().any(|(key, _)| key == name) {
        entries.push(((*name).to_owned(), Document::Map(Vec::new())));
    }
    let field = entries.iter_mut().find(|(key, _)| key == name);
    match (field, rest) {
        (Some((_, field)), []) => *field = value,
        (Some((_, field)), rest) => set(field, rest, value),
        (None, _) => {}
    }
}
