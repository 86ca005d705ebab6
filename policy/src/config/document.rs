//! [`Document`]: a configuration as a tree, before it means anything.

use serde::de::{DeserializeSeed, Deserializer};

use crate::config::limits::Limits;
use crate::config::nested::{Kept, NESTED_TOO_DEEPLY, Nested};
use crate::config::protobuf_struct;

/// The longest text or number that a message shows, in bytes.
const LONGEST_SHOWN: usize = 64;

/// A JSON or YAML document that keeps what other readers drop: fields given twice stay twice.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// `null`, or a YAML value left out.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it prints.
    Number(String),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Document>),
    /// A map, in the order of the document.
    Map(Vec<(String, Document)>),
}

impl Document {
    /// Reads JSON.
    ///
    /// # Errors
    /// When the bytes are no JSON document, hold more than one, or go over a limit; with line and column.
    pub fn from_json(bytes: &[u8], limits: Limits) -> Result<Self, DocumentError> {
        Self::of_json(bytes, limits, Kept::Whole)
    }

    /// Reads JSON, and keeps as much of it.
    pub(crate) fn of_json(bytes: &[u8], limits: Limits, kept: Kept) -> Result<Self, DocumentError> {
        if bytes.len() > limits.document_bytes {
            return Err(DocumentError::too_large(bytes.len(), limits));
        }
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let document = Nested::new(limits, kept).deserialize(&mut reader);
        document
            .and_then(|document| reader.end().map(|()| document))
            .map_err(|error| DocumentError(error.to_string()))
    }

    /// Reads a plugin configuration as Envoy hands it over: JSON text (from a `StringValue`, and from Istio's
    /// WasmPlugin), or a `google.protobuf.Struct` in its wire form.
    ///
    /// # Errors
    /// As [`Document::from_json`].
    pub fn from_plugin_configuration(bytes: &[u8], limits: Limits) -> Result<Self, DocumentError> {
        // A `Struct` begins with the byte that is a line feed in text: only what is no JSON can be one.
        Self::from_json(bytes, limits)
            .or_else(|error| protobuf_struct::read(bytes, limits).unwrap_or(Err(error)))
    }

    /// The value of a field, the first of this name; `None` where this is no map or has no such field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Map(entries) = self else {
            return None;
        };
        entries
            .iter()
            .find_map(|(field, value)| (field == name).then_some(value))
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The elements, if this is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) | Self::Map(_) => None,
        }
    }

    /// The number as a double, which is how a proxy keeps it, if this is one.
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.parse().ok(),
            Self::Null | Self::Bool(_) | Self::String(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// What kind of value this is, with its text where that is short: for messages.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => format!("the boolean `{value}`"),
            Self::Number(number) if number.len() <= LONGEST_SHOWN => format!("the number `{number}`"),
            Self::Number(_) => "a number".to_owned(),
            Self::String(text) if text.len() <= LONGEST_SHOWN => format!("the text `{text}`"),
            Self::String(_) => "a text".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a map".to_owned(),
        }
    }
}

/// A document that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct DocumentError(String);

impl DocumentError {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }

    pub(crate) fn too_large(bytes: usize, limits: Limits) -> Self {
        Self(format!(
            "{bytes} bytes, at most {} are allowed",
            limits.document_bytes
        ))
    }

    pub(crate) fn nested_too_deeply() -> Self {
        Self(NESTED_TOO_DEEPLY.to_owned())
    }
}

impl<'de> serde::Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Nested::new(Limits::default(), Kept::Whole).deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(text: &str) -> Result<Document, DocumentError> {
        Document::from_json(text.as_bytes(), Limits::default())
    }

    #[test]
    fn fields_given_twice_stay_twice() {
        let document = read(r#"{"a": 1, "a": "x"}"#).unwrap();
        let twice = vec![
            ("a".to_owned(), Document::Number("1".to_owned())),
            ("a".to_owned(), Document::String("x".to_owned())),
        ];
        assert_eq!(document, Document::Map(twice));
    }

    #[test]
    fn text_that_is_not_one_json_document_is_refused_with_its_place() {
        for text in ["", "{", "{} {}", "{\"a\": }", "nul", "[1,]", "\u{feff}{}"] {
            let error = read(text).unwrap_err();
            assert!(error.to_string().contains("line 1 column"), "{text}: {error}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(64)).is_ok());
        assert!(read(&nested(65)).is_err());
        assert!(read(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn the_size_is_bounded() {
        let limits = Limits {
            document_bytes: 4,
            ..Limits::default()
        };
        assert!(Document::from_json(b"[1 ]", limits).is_ok());
        assert!(Document::from_json(b"[1  ]", limits).is_err());
    }
}
