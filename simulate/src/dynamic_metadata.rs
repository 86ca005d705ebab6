//! Documents as dynamic metadata: protobuf messages, as Envoy keeps them.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use spiffe_authz_policy::Document;

use crate::error::SimulationError;

/// The part of an `envoy.config.core.v3.Metadata` that filters write.
#[derive(Clone, PartialEq, prost::Message)]
struct Metadata {
    #[prost(btree_map = "string, message", tag = "1")]
    filter_metadata: BTreeMap<String, Struct>,
}

/// The serialized `envoy.config.core.v3.Metadata` of a map of namespaces to maps.
///
/// # Errors
/// When it is none, or a number is beyond a double.
pub fn metadata(document: &Document) -> Result<Vec<u8>, SimulationError> {
    let namespaces = entries(document)?.iter();
    let namespaces = namespaces.map(|(name, namespace)| Ok((name.clone(), fields(entries(namespace)?)?)));
    let filter_metadata = namespaces.collect::<Result<_, SimulationError>>()?;
    Ok(Metadata { filter_metadata }.encode_to_vec())
}

/// The serialized `google.protobuf.Value` of a document.
///
/// # Errors
/// When a number is beyond a double.
pub fn value(document: &Document) -> Result<Vec<u8>, SimulationError> {
    Ok(to_value(document)?.encode_to_vec())
}

/// The entries of a map.
///
/// # Errors
/// When it is none.
pub fn entries(document: &Document) -> Result<&[(String, Document)], SimulationError> {
    match document {
        Document::Map(entries) => Ok(entries),
        other @ (Document::Null
        | Document::Bool(_)
        | Document::Number(_)
        | Document::String(_)
        | Document::List(_)) => Err(SimulationError::NoMap {
            shown: format!("{other:?}"),
        }),
    }
}

fn to_value(document: &Document) -> Result<Value, SimulationError> {
    let kind = match document {
        Document::Null => Kind::NullValue(0),
        Document::Bool(value) => Kind::BoolValue(*value),
        Document::Number(text) => Kind::NumberValue(
            text.parse()
                .map_err(|_| SimulationError::NoDouble { text: text.clone() })?,
        ),
        Document::String(text) => Kind::StringValue(text.clone()),
        Document::List(items) => Kind::ListValue(ListValue {
            values: items.iter().map(to_value).collect::<Result<_, _>>()?,
        }),
        Document::Map(entries) => Kind::StructValue(fields(entries)?),
    };
    Ok(Value { kind: Some(kind) })
}

fn fields(entries: &[(String, Document)]) -> Result<Struct, SimulationError> {
    let fields = entries
        .iter()
        .map(|(name, value)| Ok((name.clone(), to_value(value)?)));
    Ok(Struct {
        fields: fields.collect::<Result<_, SimulationError>>()?,
    })
}

#[cfg(test)]
mod tests {
    use spiffe_authz_host_sim::{DynamicMetadata, MetadataValue};

    use super::*;

    fn document(json: &str) -> Document {
        Document::from_json(json.as_bytes(), spiffe_authz_policy::Limits::default()).unwrap()
    }

    #[test]
    fn metadata_is_the_message_that_host_sim_writes() {
        let claims = MetadataValue::fields([
            ("aud", vec!["a".into(), MetadataValue::Null].into()),
            ("exp", 1.5.into()),
            ("ok", true.into()),
        ]);
        let expected = DynamicMetadata::new().with("ns", "payload", claims);
        let written = document(r#"{"ns": {"payload": {"aud": ["a", null], "exp": 1.5, "ok": true}}}"#);
        assert_eq!(metadata(&written), Ok(expected.message()));
    }

    #[test]
    fn a_value_without_a_namespace_is_refused() {
        assert!(metadata(&document(r#"{"ns": 1}"#)).is_err());
    }
}
