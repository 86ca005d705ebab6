//! Dynamic metadata by headers: a filter in front of both sides turns them into what other filters would have left.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost_types::value::Kind;
use prost_types::{ListValue, Struct};
use serde_json::{Value, json};
use spiffe_authz_policy::{Document, RequestDocument};

use crate::native_rbac::round::Round;

/// A namespace of metadata and a key in it.
type Place = (String, String);

/// The filter for every place that a request of the round sets; none where no request sets any.
pub(super) fn filter(round: &Round) -> Option<Value> {
    let places: BTreeSet<Place> = round
        .requests()
        .flat_map(|sent| values(&sent.request))
        .map(|(place, _)| place)
        .collect();
    let rules: Vec<Value> = places.iter().map(rule).collect();
    (!rules.is_empty()).then(|| {
        json!({
            "name": "envoy.filters.http.header_to_metadata",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.header_to_metadata.v3.Config",
                "request_rules": rules,
            },
        })
    })
}

fn rule(place: &Place) -> Value {
    let (namespace, key) = place;
    json!({
        "header": header_name(place),
        "on_header_present": {
            "metadata_namespace": namespace,
            "key": key,
            "type": "PROTOBUF_VALUE",
            "encode": "BASE64",
        },
        "remove": true,
    })
}

/// The headers that carry the metadata of a request.
pub(super) fn headers(request: &RequestDocument) -> Vec<(String, String)> {
    let header = |(place, value): (Place, &Document)| {
        (
            header_name(&place),
            STANDARD.encode(protobuf(value).encode_to_vec()),
        )
    };
    values(request).into_iter().map(header).collect()
}

fn values(request: &RequestDocument) -> Vec<(Place, &Document)> {
    let mut values = Vec::new();
    for (namespace, keys) in entries(request.metadata()) {
        for (key, value) in entries(Some(keys)) {
            values.push(((namespace.clone(), key.clone()), value));
        }
    }
    values
}

fn entries(document: Option<&Document>) -> &[(String, Document)] {
    match document {
        Some(Document::Map(entries)) => entries,
        _ => &[],
    }
}

/// A name that no generated header has.
fn header_name((namespace, key): &Place) -> String {
    let plain = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("x-metadata-{}-{}", plain(namespace), plain(key))
}

fn protobuf(document: &Document) -> prost_types::Value {
    let kind = match document {
        Document::Null => Kind::NullValue(0),
        Document::Bool(value) => Kind::BoolValue(*value),
        Document::Number(_) => Kind::NumberValue(document.as_number().unwrap_or_default()),
        Document::String(text) => Kind::StringValue(text.clone()),
        Document::List(items) => Kind::ListValue(ListValue {
            values: items.iter().map(protobuf).collect(),
        }),
        Document::Map(fields) => Kind::StructValue(Struct {
            fields: fields
                .iter()
                .map(|(name, value)| (name.clone(), protobuf(value)))
                .collect(),
        }),
    };
    prost_types::Value { kind: Some(kind) }
}
