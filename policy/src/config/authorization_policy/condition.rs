//! `when[]`: a condition on one attribute.

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::field_values::{FieldValues, read_field};
use crate::config::fields::{Fields, Listed, wrong_kind};
use crate::config::values::{boolean, non_empty_text};

/// `when[]`: a key and what its attribute is compared with. All parts together.
#[derive(Clone, Debug)]
pub(crate) struct RawCondition {
    pub(crate) key: String,
    pub(crate) values: FieldValues,
    pub(crate) regexes: FieldValues,
    pub(crate) numbers: Listed<String>,
    pub(crate) not_numbers: Listed<String>,
    pub(crate) booleans: Listed<bool>,
    pub(crate) not_booleans: Listed<bool>,
}

impl RawCondition {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let key = fields.required("key", "the attribute that is compared", problems, non_empty_text);
        let values = read_field("values", "notValues", &mut fields, problems);
        let regexes = read_field("regexes", "notRegexes", &mut fields, problems);
        let mut numbers = |name| fields.list(name, problems, read_number).unwrap_or_default();
        let (numbers, not_numbers) = (numbers("numbers"), numbers("notNumbers"));
        let mut booleans = |name| fields.list(name, problems, boolean).unwrap_or_default();
        let (booleans, not_booleans) = (booleans("booleans"), booleans("notBooleans"));
        fields.finish(problems);
        if asks_nothing(document) {
            let why = "a condition without `values` or `notValues` would hold always";
            problems.add(at, ConfigErrorKind::Empty(why));
        }
        Some(Self {
            key: key?,
            values,
            regexes,
            numbers,
            not_numbers,
            booleans,
            not_booleans,
        })
    }
}

/// Whether every list of the condition is absent or empty (S-4). One that could not be read asks something.
fn asks_nothing(condition: &Document) -> bool {
    let asks = |(name, value): &(String, Document)| {
        name != "key" && *value != Document::Null && value.as_list() != Some(&[])
    };
    match condition {
        Document::Map(fields) => !fields.iter().any(asks),
        Document::Null
        | Document::Bool(_)
        | Document::Number(_)
        | Document::String(_)
        | Document::List(_) => false,
    }
}

/// A number, or text that describes numbers (E-5).
fn read_number(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<String> {
    match document {
        Document::Number(number) => Some(number.clone()),
        Document::String(_) => non_empty_text(document, at, problems),
        Document::Null | Document::Bool(_) | Document::List(_) | Document::Map(_) => {
            wrong_kind(
                document,
                at,
                "a number, or text such as `>=3` or `3..10`",
                problems,
            );
            None
        }
    }
}
