//! What `from[]` and `to[]` have in common: a map around one clause, in which something is asked (S-4).

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, Read};

/// A map with exactly one field, as in `- source: {...}`.
pub(crate) fn read_only_field<T>(
    name: &'static str,
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
    read: Read<T>,
) -> Option<T> {
    let mut fields = Fields::of(document, at, problems)?;
    let inner = fields.required(name, "the entry would match anything", problems, read);
    fields.finish(problems);
    inner
}

/// Notes a clause in which nothing is asked.
pub(crate) fn refuse_empty(clause: &Document, at: &FieldPath<'_>, problems: &mut Problems) {
    let asks_nothing = |value: &Document| match value {
        Document::Null => true,
        Document::List(values) => values.is_empty(),
        Document::Bool(_) | Document::Number(_) | Document::String(_) | Document::Map(_) => false,
    };
    match clause {
        Document::Map(fields) if fields.iter().all(|(_, value)| asks_nothing(value)) => {
            problems.add(
                at,
                ConfigErrorKind::Empty("without a field the entry would match anything"),
            );
        }
        Document::Map(_)
        | Document::Null
        | Document::Bool(_)
        | Document::Number(_)
        | Document::String(_)
        | Document::List(_) => {}
    }
}
