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
        diagnostic(loaded, error, nth)
    });
    let mut diagnostics: Vec<Diagnostic> = diagnostics.collect();
    diagnostics.sort_by_key(Diagnostic::order);
    diagnostics
}

fn diagnostic(loaded: &Loaded, error: &ConfigError, nth: usize) -> Diagnostic {
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
    diagnostic.related = first_one(loaded, error).into_iter().collect();
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
fn first_one(loaded: &Loaded, error: &ConfigError) -> Option<Label> {
    let at = match &error.kind {
        ConfigErrorKind::DuplicateField => error.at.clone(),
        ConfigErrorKind::DuplicateResource(_) => {
            let again = resource(loaded.document(), &error.at)?;
            let resources = loaded.document().field("resources")?.as_list()?;
            let first = resources
                .iter()
                .position(|document| name(document).as_ref() == Some(&again))?;
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
    let steps = steps(place);
    let [Step::Field(field), Step::Index(index), ..] = steps.as_slice() else {
        return None;
    };
    let resources = document.field(field).filter(|_| field == "resources")?;
    name(resources.as_list()?.get(*index)?)
}

fn name(resource: &Document) -> Option<String> {
    let metadata = resource.field("metadata")?;
    let kind = resource.field("kind")?.as_text()?;
    let name = metadata.field("name")?.as_text()?;
    Some(match metadata.field("namespace").and_then(Document::as_text) {
        Some(namespace) => format!("{} {}/{}", shown(kind), shown(namespace), shown(name)),
        None => format!("{} {}", shown(kind), shown(name)),
    })
}
