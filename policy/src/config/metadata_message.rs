//! The dynamic metadata of a request, as Envoy serializes it.

use std::collections::BTreeMap;

use prost::Message;
use prost_types::Struct;

use crate::config::document::{Document, DocumentError};
use crate::config::limits::Limits;
use crate::config::protobuf_struct;

/// `envoy.config.core.v3.Metadata`. Its other field, `typed_filter_metadata`, holds messages that no policy reads.
#[derive(Clone, PartialEq, Message)]
struct Metadata {
    #[prost(btree_map = "string, message", tag = "1")]
    filter_metadata: BTreeMap<String, Struct>,
}

impl Document {
    /// Reads a serialized `envoy.config.core.v3.Metadata`: a map of namespaces to maps. No bytes are no metadata.
    ///
    /// # Errors
    /// When the bytes are no such message, or go over a limit.
    pub fn from_metadata_message(bytes: &[u8], limits: Limits) -> Result<Self, DocumentError> {
        if bytes.len() > limits.document_bytes {
            return Err(DocumentError::too_large(bytes.len(), limits));
        }
        let metadata = Metadata::decode(bytes).map_err(|error| DocumentError::new(error.to_string()))?;
        let depth_left = limits.depth.checked_sub(1);
        let namespace = |(name, message)| Some((name, protobuf_struct::map(message, depth_left?)?));
        let namespaces: Option<_> = metadata.filter_metadata.into_iter().map(namespace).collect();
        namespaces
            .map(Self::Map)
            .ok_or_else(DocumentError::nested_too_deeply)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost_types::value::Kind;
    use prost_types::{ListValue, Value};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn read(bytes: &[u8]) -> Result<Document, DocumentError> {
        Document::from_metadata_message(bytes, Limits::default())
    }

    fn value(kind: Kind) -> Value {
        Value { kind: Some(kind) }
    }

    fn message<const N: usize>(fields: [(&str, Value); N]) -> Struct {
        Struct {
            fields: fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }

    fn encoded<const N: usize>(namespaces: [(&str, Struct); N]) -> Vec<u8> {
        let filter_metadata = namespaces
            .into_iter()
            .map(|(name, message)| (name.to_owned(), message))
            .collect();
        Metadata { filter_metadata }.encode_to_vec()
    }

    /// Lists within lists, under one field.
    fn nested(depth: usize) -> Vec<u8> {
        let within = |inner, _| value(Kind::ListValue(ListValue { values: vec![inner] }));
        let innermost = value(Kind::ListValue(ListValue::default()));
        encoded([("ns", message([("k", (1..depth).fold(innermost, within))]))])
    }

    #[test]
    fn namespaces_are_maps_in_a_map() {
        let payload = message([
            ("iss", value(Kind::StringValue("https://issuer".to_owned()))),
            ("level", value(Kind::NumberValue(3.5))),
            ("admin", value(Kind::BoolValue(true))),
            ("none", value(Kind::NullValue(0))),
            (
                "aud",
                value(Kind::ListValue(ListValue {
                    values: vec![value(Kind::StringValue("a".to_owned()))],
                })),
            ),
            ("unset", Value { kind: None }),
        ]);
        let jwt = message([("payload", value(Kind::StructValue(payload)))]);
        let json = r#"{
            "envoy.filters.empty": {},
            "envoy.filters.http.jwt_authn": {
                "payload": {
                    "admin": true, "aud": ["a"], "iss": "https://issuer", "level": 3.5, "none": null, "unset": null
                }
            }
        }"#;
        let bytes = encoded([
            ("envoy.filters.http.jwt_authn", jwt),
            ("envoy.filters.empty", message([])),
        ]);
        assert_eq!(
            read(&bytes),
            Document::from_json(json.as_bytes(), Limits::default())
        );
    }

    #[test]
    fn the_wire_form_is_that_of_envoy() {
        // filter_metadata { key: "a" value { fields { key: "b" value { string_value: "c" } } } }
        let bytes = b"\x0a\x0f\x0a\x01a\x12\x0a\x0a\x08\x0a\x01b\x12\x03\x1a\x01c";
        assert_eq!(
            read(bytes),
            Document::from_json(br#"{"a": {"b": "c"}}"#, Limits::default())
        );
    }

    #[test]
    fn typed_metadata_is_passed_over() {
        // typed_filter_metadata { key: "t" value { type_url: "x" value: "\xff" } }
        let typed = b"\x12\x0b\x0a\x01t\x12\x06\x0a\x01x\x12\x01\xff";
        let bytes = [&typed[..], &encoded([("a", message([]))])].concat();
        assert_eq!(
            read(&bytes),
            Document::from_json(br#"{"a": {}}"#, Limits::default())
        );
        assert_eq!(read(typed), Ok(Document::Map(vec![])));
    }

    #[test]
    fn no_bytes_are_no_metadata() {
        assert_eq!(read(b""), Ok(Document::Map(vec![])));
    }

    #[test]
    fn what_is_no_metadata_is_refused() {
        for bytes in [
            &b"{}"[..],
            b"\x0a",
            b"\x0a\xff",
            b"\x08\x01",
            b"\x0a\x03\x0a\x01\xff",
            b"\0",
        ] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let limits = Limits {
            depth: 10,
            ..Limits::default()
        };
        // The namespaces and the namespace are two levels.
        assert!(Document::from_metadata_message(&nested(8), limits).is_ok());
        let error = Document::from_metadata_message(&nested(9), limits).unwrap_err();
        assert_eq!(error.to_string(), "nested too deeply");
        assert!(read(&nested(20)).is_ok());
        assert!(read(&nested(100)).is_err());
        let none = Limits {
            depth: 0,
            ..Limits::default()
        };
        assert!(Document::from_metadata_message(&encoded([("a", message([]))]), none).is_err());
    }

    #[test]
    fn the_size_is_bounded() {
        let bytes = nested(1);
        let limits = |document_bytes| Limits {
            document_bytes,
            ..Limits::default()
        };
        assert!(Document::from_metadata_message(&bytes, limits(bytes.len())).is_ok());
        assert!(Document::from_metadata_message(&bytes, limits(bytes.len() - 1)).is_err());
    }
}
