//! The few forms that the schemas are made of.

use serde_json::{Map, Value, json};

/// A field of a map: its name and what stands there.
pub(super) type Field = (&'static str, Value);

/// Text of at least one character.
pub(super) fn text(about: &str) -> Value {
    json!({"description": about, "type": "string", "minLength": 1})
}

/// Text, an empty one too.
pub(super) fn any_text(about: &str) -> Value {
    json!({"description": about, "type": "string"})
}

/// One of these words.
pub(super) fn word(about: &str, words: &[&str]) -> Value {
    json!({"description": about, "enum": words})
}

/// `true` or `false`.
pub(super) fn boolean(about: &str) -> Value {
    json!({"description": about, "type": "boolean"})
}

/// A whole number between these, both included.
pub(super) fn number(about: &str, first: u16, last: u16) -> Value {
    json!({"description": about, "type": "integer", "minimum": first, "maximum": last})
}

/// A list of these.
pub(super) fn list(about: &str, items: &Value) -> Value {
    json!({"description": about, "type": "array", "items": items})
}

/// A list with at least one of these.
pub(super) fn filled_list(about: &str, items: &Value) -> Value {
    json!({"description": about, "type": "array", "items": items, "minItems": 1})
}

/// A list of texts.
pub(super) fn texts(about: &str) -> Value {
    list(about, &json!({"type": "string", "minLength": 1}))
}

/// A map with any keys, whose values are texts.
pub(super) fn text_map(about: &str) -> Value {
    json!({"description": about, "type": "object", "additionalProperties": {"type": "string"}})
}

/// A map with these fields and no others.
pub(super) fn map(about: &str, required: &[&str], fields: impl IntoIterator<Item = Field>) -> Value {
    let fields: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let mut map = json!({
        "description": about,
        "type": "object",
        "properties": fields,
        "additionalProperties": false,
    });
    if let Some(map) = map.as_object_mut().filter(|_| !required.is_empty()) {
        map.insert("required".to_owned(), json!(required));
    }
    map
}
