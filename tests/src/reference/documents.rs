//! Walking JSON documents.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A field that is there and not null.
pub(super) fn field<'d>(document: &'d Value, name: &str) -> Option<&'d Value> {
    document.get(name).filter(|value| !value.is_null())
}

/// Text, or an error.
pub(super) fn text(document: &Value) -> Result<&str, String> {
    document
        .as_str()
        .ok_or_else(|| format!("`{document}` is no text"))
}

/// A field of text.
pub(super) fn text_field<'d>(document: &'d Value, name: &str) -> Result<Option<&'d str>, String> {
    field(document, name).map(text).transpose()
}

/// The elements of a list; none where the field is absent.
pub(super) fn list<'d>(document: &'d Value, name: &str) -> Result<&'d [Value], String> {
    match field(document, name) {
        None => Ok(&[]),
        Some(Value::Array(elements)) => Ok(elements),
        Some(other) => Err(format!("`{name}` is no list: `{other}`")),
    }
}

/// A number in a field.
pub(super) fn port_field(document: &Value, name: &str) -> Result<Option<u16>, String> {
    let Some(number) = field(document, name) else {
        return Ok(None);
    };
    let port = number.as_u64().and_then(|number| u16::try_from(number).ok());
    port.map(Some).ok_or_else(|| format!("`{number}` is no port"))
}

/// Text, or `{"base64": "..."}` for raw bytes.
pub(super) fn bytes(document: &Value) -> Result<Cow<'_, [u8]>, String> {
    match field(document, "base64") {
        None => Ok(Cow::Borrowed(text(document)?.as_bytes())),
        Some(encoded) => STANDARD
            .decode(text(encoded)?)
            .map(Cow::Owned)
            .map_err(|error| error.to_string()),
    }
}

/// The text between the first `[` and the last `]` of a key.
pub(super) fn bracketed<'k>(key: &'k str, before: &str) -> Option<&'k str> {
    key.strip_prefix(before)?.strip_prefix('[')?.strip_suffix(']')
}
