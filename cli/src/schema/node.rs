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

/// A map with these fields and no others. `null` is as if a field were not there, so one that is not required may be it.
pub(super) fn map(about: &str, required: &[&str], fields: impl IntoIterator<Item = Field>) -> Value {
    let fields: Map<String, Value> = fields
        .into_iter()
        .map(|(name, value)| {
            let may_be_absent = !required.contains(&name);
            (
                name.to_owned(),
                if may_be_absent { or_null(value) } else { value },
            )
        })
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

/// The same, or `null`.
pub(super) fn or_null(mut schema: Value) -> Value {
    let Some(fields) = schema.as_object_mut() else {
        return schema;
    };
    if let Some(kind) = fields.get_mut("type") {
        *kind = json!([kind, "null"]);
    }
    if let Some(Value::Array(words)) = fields.get_mut("enum") {
        words.push(Value::Null);
    }
    if let Some(constant) = fields.remove("const") {
        fields.insert("enum".to_owned(), json!([constant, null]));
    }
    schema
}
