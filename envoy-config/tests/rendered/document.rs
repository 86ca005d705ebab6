//! The rendered bootstraps, and how a test looks into them.

use serde_json::Value;
use spiffe_authz_envoy_config::InboundTransport;

use crate::fixture::{from_file, inline, orders};

/// The bootstraps of both transports, each with both sources of the filter.
pub(crate) fn bootstraps() -> Vec<Value> {
    let transports = [InboundTransport::Strict, InboundTransport::Permissive];
    let both = |transport| [orders(transport, inline()), orders(transport, from_file())];
    transports
        .into_iter()
        .flat_map(both)
        .map(|sidecar| sidecar.bootstrap())
        .collect()
}

pub(crate) fn strict() -> Value {
    orders(InboundTransport::Strict, inline()).bootstrap()
}

pub(crate) fn permissive() -> Value {
    orders(InboundTransport::Permissive, inline()).bootstrap()
}

pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value
        .pointer(pointer)
        .unwrap_or_else(|| panic!("nothing at `{pointer}`"))
}

pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a Vec<Value> {
    at(value, pointer).as_array().expect("a list")
}

pub(crate) fn inbound_chains(bootstrap: &Value) -> &Vec<Value> {
    list(bootstrap, "/static_resources/listeners/0/filter_chains")
}

/// The one network filter of a chain.
pub(crate) fn connection_manager(chain: &Value) -> &Value {
    assert_eq!(list(chain, "/filters").len(), 1);
    at(chain, "/filters/0/typed_config")
}

/// The connection managers of every inbound chain of every bootstrap.
pub(crate) fn for_each_inbound_connection_manager(check: impl Fn(&Value)) {
    for bootstrap in bootstraps() {
        inbound_chains(&bootstrap)
            .iter()
            .map(connection_manager)
            .for_each(&check);
    }
}

/// Every object anywhere in the document, the document itself first.
pub(crate) fn objects(value: &Value) -> Vec<&Value> {
    let below: Vec<&Value> = match value {
        Value::Array(items) => items.iter().flat_map(objects).collect(),
        Value::Object(fields) => fields.values().flat_map(objects).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let itself = Some(value).filter(|value| value.is_object());
    itself.into_iter().chain(below).collect()
}

pub(crate) fn of_type<'a>(document: &'a Value, message: &str) -> Vec<&'a Value> {
    let is_it = |object: &&Value| {
        object
            .get("@type")
            .and_then(Value::as_str)
            .is_some_and(|name| name.ends_with(message))
    };
    objects(document).into_iter().filter(is_it).collect()
}
