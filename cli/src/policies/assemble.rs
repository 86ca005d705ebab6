//! One plugin configuration out of Istio documents and flags.

use spiffe_authz_policy::Document;

use crate::policies::MeshArguments;

/// The group of Istio's security resources.
const SECURITY_GROUP: &str = "security.istio.io/";

/// A configuration of the resources that this project serves; documents of other groups are passed over, as are
/// RequestAuthentications, which Envoy's `jwt_authn` serves. Lists are taken apart.
pub(crate) fn with_resources(documents: Vec<Document>) -> Document {
    let resources = documents.into_iter().flat_map(items).filter(is_served).collect();
    Document::Map(vec![("resources".to_owned(), Document::List(resources))])
}

/// The elements of a Kubernetes `List`, or the document itself.
fn items(document: Document) -> Vec<Document> {
    let is_list = document.field("kind").and_then(Document::as_text) == Some("List");
    match (is_list, document.field("items").and_then(Document::as_list)) {
        (true, Some(items)) => items.to_vec(),
        (true | false, _) => vec![document],
    }
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

/// The configuration with what the flags say.
pub(crate) fn with_mesh(mut document: Document, flags: &MeshArguments) -> Document {
    let MeshArguments {
        profile,
        trust_domain,
        trust_domain_alias,
        root_namespace,
        namespace,
        labels,
        custom,
    } = flags;
    let text = |text: &str| Document::String(text.to_owned());
    if let Some(profile) = profile {
        set(&mut document, &["profile"], text(profile.name()));
    }
    if let Some(custom) = custom {
        set(&mut document, &["custom"], text(custom.name()));
    }
    if let Some(name) = trust_domain {
        set(&mut document, &["mesh", "trustDomain"], text(name));
    }
    if !trust_domain_alias.is_empty() {
        let aliases = trust_domain_alias.iter().map(|name| text(name)).collect();
        set(
            &mut document,
            &["mesh", "trustDomainAliases"],
            Document::List(aliases),
        );
    }
    if let Some(name) = root_namespace {
        set(&mut document, &["mesh", "rootNamespace"], text(name));
    }
    if let Some(namespace) = namespace {
        let labels = labels
            .iter()
            .map(|(key, value)| (key.clone(), text(value)))
            .collect();
        let workload = vec![
            ("namespace".to_owned(), text(namespace)),
            ("labels".to_owned(), Document::Map(labels)),
        ];
        set(&mut document, &["workload"], Document::Map(workload));
    }
    document
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
