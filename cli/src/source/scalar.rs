//! What a scalar is: text, a number, a boolean or nothing.

use std::borrow::Cow;

use granit_parser::{ScalarStyle, Tag};
use spiffe_authz_policy::Document;

use crate::source::number::{Float, float, integer};

/// The value of a scalar.
///
/// # Errors
/// What is wrong with it: a number that is not finite, or a tag that does not fit.
pub(super) fn resolve(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>) -> Result<Document, String> {
    let Some(name) = tag.and_then(known_name) else {
        let is_text = tag.is_some_and(|tag| matches!(tag.to_string().as_str(), "" | "!"));
        return if style == ScalarStyle::Plain && !is_text {
            plain(text)
        } else {
            Ok(Document::String(text.into_owned()))
        };
    };
    let value = match name.as_ref() {
        "str" => Some(Document::String(text.clone().into_owned())),
        "null" => Some(Document::Null),
        "bool" => boolean(trimmed(&text)).map(Document::Bool),
        "int" => integer(trimmed(&text)).map(Document::Number),
        "float" => match float(trimmed(&text)) {
            Float::Finite(number) => Some(Document::Number(number.to_string())),
            Float::Not | Float::NotFinite => None,
        },
        _ => None,
    };
    value.ok_or_else(|| format!("the tag `!!{name}` does not fit this value"))
}

/// The name of a tag that YAML itself gives a meaning; applications' own tags say nothing here.
fn known_name(tag: &Tag) -> Option<Cow<'_, str>> {
    let name = tag.suffix_in_namespace("tag:yaml.org,2002:")?;
    (!matches!(name.as_ref(), "merge" | "value")).then_some(name)
}

fn plain(text: Cow<'_, str>) -> Result<Document, String> {
    if matches!(&*text, "" | "~" | "null" | "Null" | "NULL") {
        return Ok(Document::Null);
    }
    let word = trimmed(&text);
    if let Some(value) = boolean(word) {
        return Ok(Document::Bool(value));
    }
    if let Some(number) = integer(word) {
        return Ok(Document::Number(number));
    }
    match float(word) {
        Float::Finite(number) => Ok(Document::Number(number.to_string())),
        Float::NotFinite => Err("a number that is not finite; write text in quotes".to_owned()),
        Float::Not => Ok(Document::String(text.into_owned())),
    }
}

/// What pads a value in quotes and blocks too.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// `true` and `false`, and the words that YAML 1.1 has for them.
fn boolean(word: &str) -> Option<bool> {
    let is = |words: [&str; 4]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is(["true", "yes", "y", "on"]) {
        Some(true)
    } else if is(["false", "no", "n", "off"]) {
        Some(false)
    } else {
        None
    }
}
