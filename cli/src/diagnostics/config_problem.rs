//! What the engine says is wrong with a configuration, as diagnostics.

use std::collections::HashMap;

use spiffe_authz_policy::{ConfigError, ConfigErrorKind, ConfigErrors, Document};

use crate::diagnostics::help::help;
use crate::diagnostics::shown::shown;
use crate::diagnostics::{Diagnostic, Label};
use crate::policies::Loaded;
use crate::source::{Located, Location, Part, Step, steps};

/// All problems of a configuration, in the order of the texts.
pub(crate) fn config_problems(loaded: &Loaded, errors: &ConfigErrors) -> Vec<Diagnostic> {
    let mut repeated: HashMap<&str, usize> = HashMap::new();
    let names = names(loaded, errors);
    let diagnostics = errors.iter().map(|error| {
        let is_duplicate = matches!(error.kind, ConfigErrorKind::DuplicateField);
        // The first of several fields is no mistake.
        let nth = if is_duplicate {
            let count = repeated.entry(error.at.as_str()).or_default();
            *count = count.saturating_add(1);
            *count
        } else {
            0
        };
        diagnostic(loaded, &names, error, nth)
    });
    let mut diagnostics: Vec<Diagnostic> = diagnostics.collect();
    diagnostics.sort_by_key(Diagnostic::order);
    diagnostics
}

/// Of each resource the first that has its kind, namespace and name.
type Names<'d> = HashMap<Identity<'d>, usize>;

/// Kind, namespace and name of a resource.
type Identity<'d> = (&'d str, Option<&'d str>, &'d str);

/// The names of the resources, where one of them is there twice.
fn names<'d>(loaded: &'d Loaded, errors: &ConfigErrors) -> Names<'d> {
    let mut names = Names::new();
    let is_duplicate = |error: &ConfigError| matches!(error.kind, ConfigErrorKind::DuplicateResource(_));
    if !errors.iter().any(is_duplicate) {
        return names;
    }
    let resources = loaded.document().field("resources").and_then(Document::as_list);
    for (index, resource) in resources.unwrap_or_default().iter().enumerate() {
        if let Some(identity) = identity(resource) {
            names.entry(identity).or_insert(index);
        }
    }
    names
}

fn diagnostic(loaded: &Loaded, names: &Names<'_>, error: &ConfigError, nth: usize) -> Diagnostic {
    let ConfigError { at, kind } = error;
    let mut diagnostic = Diagnostic::error(code(kind), message(at, kind));
    diagnostic.place.clone_from(at);
    diagnostic.resource = resource(loaded.document(), at);
    diagnostic.help = help(at, kind);
    let located = loaded.places().locate(loaded.document(), at, part(kind), nth);
    match located {
        Located::Text(location) => diagnostic.label = Some(label(location, kind)),
        Located::Option(option) => diagnostic.notes.push(format!("the option `{option}` says so")),
        Located::Nowhere => {}
    }
    diagnostic.related = first_one(loaded, names, error).into_iter().collect();
    diagnostic
}

/// One word for a kind of problem.
fn code(kind: &ConfigErrorKind) -> &'static str {
    match kind {
        ConfigErrorKind::Syntax(_) => "syntax",
        ConfigErrorKind::Type { .. } => "wrong-kind",
        ConfigErrorKind::UnknownField { .. } => "unknown-field",
        ConfigErrorKind::DuplicateField => "duplicate-field",
        ConfigErrorKind::Missing(_) => "missing-field",
        ConfigErrorKind::Invalid { .. } => "invalid-value",
        ConfigErrorKind::Empty(_) => "empty",
        ConfigErrorKind::Conflict(_) => "conflict",
        ConfigErrorKind::DuplicateResource(_) => "duplicate-resource",
        ConfigErrorKind::TooMany { .. } => "too-many",
        ConfigErrorKind::NotListed(_) => "not-listed",
    }
}

fn message(at: &str, kind: &ConfigErrorKind) -> String {
    let field = field(at);
    match kind {
        ConfigErrorKind::Type { expected, found } => format!("`{field}`: expected {expected}, found {found}"),
        ConfigErrorKind::UnknownField { .. } => format!("unknown field `{field}`"),
        ConfigErrorKind::DuplicateField => format!("the field `{field}` is given more than once"),
        ConfigErrorKind::Missing(_) => format!("missing field `{field}`"),
        ConfigErrorKind::Invalid { input, expected } => format!("`{}` is not {expected}", shown(input)),
        ConfigErrorKind::Empty(_) => format!("`{field}` is empty"),
        ConfigErrorKind::DuplicateResource(name) => {
            format!("`{}` is already defined above in these documents", shown(name))
        }
        ConfigErrorKind::Syntax(_)
        | ConfigErrorKind::Conflict(_)
        | ConfigErrorKind::TooMany { .. }
        | ConfigErrorKind::NotListed(_) => kind.to_string(),
    }
}

/// What messages call a place: its last field, with the index in it.
fn field(at: &str) -> String {
    let steps = steps(at);
    match steps.as_slice() {
        [.., Step::Field(name), Step::Index(index)] => format!("{}[{index}]", shown(name)),
        [.., Step::Field(name)] => shown(name),
        [.., Step::Index(index)] => format!("[{index}]"),
        [] => "configuration".to_owned(),
    }
}

/// Whether it is about the name of a field or about its value.
fn part(kind: &ConfigErrorKind) -> Part {
    match kind {
        ConfigErrorKind::Type { .. } | ConfigErrorKind::Invalid { .. } | ConfigErrorKind::Empty(_) => {
            Part::Value
        }
        ConfigErrorKind::Syntax(_)
        | ConfigErrorKind::UnknownField { .. }
        | ConfigErrorKind::DuplicateField
        | ConfigErrorKind::Missing(_)
        | ConfigErrorKind::Conflict(_)
        | ConfigErrorKind::DuplicateResource(_)
        | ConfigErrorKind::TooMany { .. }
        | ConfigErrorKind::NotListed(_) => Part::Key,
    }
}

fn label(location: Location, kind: &ConfigErrorKind) -> Label {
    let text = match kind {
        ConfigErrorKind::Type { expected, .. } => {
            let kind = expected.split(" (").next().unwrap_or(expected);
            Some(format!("expected {kind}"))
        }
        ConfigErrorKind::UnknownField { .. } => Some("unknown here".to_owned()),
        ConfigErrorKind::DuplicateField => Some("given again".to_owned()),
        ConfigErrorKind::Missing(_) => Some("missing in here".to_owned()),
        ConfigErrorKind::DuplicateResource(_) => Some("defined again".to_owned()),
        ConfigErrorKind::Empty(_) => Some("empty".to_owned()),
        ConfigErrorKind::Invalid { .. }
        | ConfigErrorKind::Syntax(_)
        | ConfigErrorKind::Conflict(_)
        | ConfigErrorKind::TooMany { .. }
        | ConfigErrorKind::NotListed(_) => None,
    };
    Label { location, text }
}

/// What stands there already: of a field that is given twice, of a resource that is defined twice.
fn first_one(loaded: &Loaded, names: &Names<'_>, error: &ConfigError) -> Option<Label> {
    let at = match &error.kind {
        ConfigErrorKind::DuplicateField => error.at.clone(),
        ConfigErrorKind::DuplicateResource(_) => {
            let again = resource_at(loaded.document(), &error.at)?;
            let first = names.get(&identity(again)?)?;
            format!("resources[{first}].metadata.name")
        }
        ConfigErrorKind::Syntax(_)
        | ConfigErrorKind::Type { .. }
        | ConfigErrorKind::UnknownField { .. }
        | ConfigErrorKind::Missing(_)
        | ConfigErrorKind::Invalid { .. }
        | ConfigErrorKind::Empty(_)
        | ConfigErrorKind::Conflict(_)
        | ConfigErrorKind::TooMany { .. }
        | ConfigErrorKind::NotListed(_) => return None,
    };
    match loaded.locate(&at, Part::Key) {
        Located::Text(location) => Some(Label {
            location,
            text: Some("first here".to_owned()),
        }),
        Located::Option(_) | Located::Nowhere => None,
    }
}

/// The resource that a place lies in, such as `AuthorizationPolicy shop/orders`.
pub(crate) fn resource(document: &Document, place: &str) -> Option<String> {
    name(resource_at(document, place)?)
}

fn resource_at<'d>(document: &'d Document, place: &str) -> Option<&'d Document> {
    let steps = steps(place);
    let [Step::Field(field), Step::Index(index), ..] = steps.as_slice() else {
        return None;
    };
    let resources = document.field(field).filter(|_| field == "resources")?;
    resources.as_list()?.get(*index)
}

fn name(resource: &Document) -> Option<String> {
    let (kind, namespace, name) = identity(resource)?;
    Some(match namespace {
        Some(namespace) => format!("{} {}/{}", shown(kind), shown(namespace), shown(name)),
        None => format!("{} {}", shown(kind), shown(name)),
    })
}

fn identity(resource: &Document) -> Option<Identity<'_>> {
    let metadata = resource.field("metadata")?;
    let kind = resource.field("kind")?.as_text()?;
    let name = metadata.field("name")?.as_text()?;
    let namespace = metadata.field("namespace").and_then(Document::as_text);
    Some((kind, namespace, name))
}
