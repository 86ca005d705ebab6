//! Plain values: text, and maps of text.

use std::collections::BTreeMap;

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::wrong_kind;

/// Text within the limit.
pub(crate) fn text(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<String> {
    match document {
        Document::String(text) => {
            let limit = problems.limits.value_bytes;
            problems.at_most(at, text.len(), limit, "bytes");
            (text.len() <= limit).then(|| text.clone())
        }
        Document::Number(_) | Document::Bool(_) => {
            wrong_kind(document, at, "text (write it in quotes)", problems);
            None
        }
        Document::Null | Document::List(_) | Document::Map(_) => {
            wrong_kind(document, at, "text", problems);
            None
        }
    }
}

/// `true` or `false`.
pub(crate) fn boolean(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<bool> {
    match document {
        Document::Bool(value) => Some(*value),
        Document::Null | Document::Number(_) | Document::String(_) | Document::List(_) | Document::Map(_) => {
            wrong_kind(document, at, "`true` or `false`, without quotes", problems);
            None
        }
    }
}

/// Text that is not empty.
pub(crate) fn non_empty_text(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let text = text(document, at, problems)?;
    if text.is_empty() {
        problems.add(
            at,
            ConfigErrorKind::Empty("a value must have at least one character"),
        );
        return None;
    }
    Some(text)
}

/// A map of text, such as labels.
pub(crate) fn text_map(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, String>> {
    let Document::Map(entries) = document else {
        wrong_kind(document, at, "a map", problems);
        return None;
    };
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        let at = at.field(key);
        let Some(value) = text(value, &at, problems) else {
            continue;
        };
        if map.insert(key.clone(), value).is_some() {
            problems.add(&at, ConfigErrorKind::DuplicateField);
        }
    }
    Some(map)
}
