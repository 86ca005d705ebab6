//! A plugin configuration that Envoy was given as `google.protobuf.Struct`.
//!
//! Envoy 1.40 hands a plugin the text of a `StringValue`, but the wire form of a `Struct`.

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value};

use crate::config::document::{Document, DocumentError};
use crate::config::limits::Limits;

/// How every encoded `Struct` with a field begins: field 1, length-delimited.
const FIRST_BYTE: u8 = 0x0a;

/// Whether the bytes can be the wire form of a `Struct` within the limit.
pub(crate) fn may_be(bytes: &[u8], limits: Limits) -> bool {
    bytes.first() == Some(&FIRST_BYTE) && bytes.len() <= limits.document_bytes
}

/// Reads the wire form; `None` where the bytes are none.
pub(crate) fn read(bytes: &[u8], limits: Limits) -> Option<Result<Document, DocumentError>> {
    if !may_be(bytes, limits) {
        return None;
    }
    let message = Struct::decode(bytes).ok()?;
    Some(map(message, limits.depth).ok_or_else(DocumentError::nested_too_deeply))
}

/// The map that a message stands for; `None` below the deepest level.
pub(crate) fn map(message: Struct, depth_left: usize) -> Option<Document> {
    let depth_left = depth_left.checked_sub(1)?;
    let entry = |(name, value)| Some((name, document(value, depth_left)?));
    message
        .fields
        .into_iter()
        .map(entry)
        .collect::<Option<_>>()
        .map(Document::Map)
}

/// The value that a message stands for; `None` below the deepest level.
pub(crate) fn document(value: Value, depth_left: usize) -> Option<Document> {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Some(Document::Null),
        Some(Kind::BoolValue(value)) => Some(Document::Bool(value)),
        Some(Kind::NumberValue(number)) => Some(Document::Number(number.to_string())),
        Some(Kind::StringValue(text)) => Some(Document::String(text)),
        Some(Kind::StructValue(inner)) => map(inner, depth_left),
        Some(Kind::ListValue(list)) => {
            let depth_left = depth_left.checked_sub(1)?;
            let items = list.values.into_iter().map(|item| document(item, depth_left));
            items.collect::<Option<_>>().map(Document::List)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The wire form of a JSON document.
    fn encoded(json: &str) -> Vec<u8> {
        let value = as_value(Document::from_json(json.as_bytes(), Limits::default()).unwrap());
        let Some(Kind::StructValue(message)) = value.kind else {
            panic!("{json} is a map")
        };
        message.encode_to_vec()
    }

    fn as_value(document: Document) -> Value {
        let kind = match document {
            Document::Null => Kind::NullValue(0),
            Document::Bool(value) => Kind::BoolValue(value),
            Document::Number(number) => Kind::NumberValue(number.parse().unwrap()),
            Document::String(text) => Kind::StringValue(text),
            Document::List(items) => Kind::ListValue(prost_types::ListValue {
                values: items.into_iter().map(as_value).collect(),
            }),
            Document::Map(entries) => Kind::StructValue(Struct {
                fields: entries
                    .into_iter()
                    .map(|(name, value)| (name, as_value(value)))
                    .collect(),
            }),
        };
        Value { kind: Some(kind) }
    }

    #[test]
    fn a_struct_reads_as_the_json_it_stands_for() {
        let json = r#"{"a": [1, 2.5, "x", true, null, {"b": {}}], "c": 8080}"#;
        let from_json = Document::from_json(json.as_bytes(), Limits::default());
        assert_eq!(read(&encoded(json), Limits::default()), Some(from_json));
    }

    #[test]
    fn text_is_no_struct() {
        for text in [
            "",
            "{}",
            "\n{}",
            "\n  {\"resources\": []}",
            "\n\n",
            "\nresources: []\n",
        ] {
            assert_eq!(read(text.as_bytes(), Limits::default()), None, "{text:?}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested =
            |depth: usize| encoded(&format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth)));
        assert!(read(&nested(20), Limits::default()).unwrap().is_ok());
        let limits = Limits {
            depth: 20,
            ..Limits::default()
        };
        assert!(read(&nested(20), limits).unwrap().is_err());
    }
}
