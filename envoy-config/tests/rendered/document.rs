//! The rendered bootstraps, and how a test looks into them.

use serde_json::Value;
use spiffe_authz_envoy_config::InboundTransport;

use crate::fixture::{federated, from_file, from_tcp_file, inline, ledger, orders};

const TRANSPORTS: [InboundTransport; 2] = [InboundTransport::Strict, InboundTransport::Permissive];

/// The bootstraps in front of HTTP: both transports, each with both sources of the filter, and the federated one.
pub(crate) fn http_bootstraps() -> Vec<Value> {
    let both = |transport| [orders(transport, inline()), orders(transport, from_file())];
    let sidecars = TRANSPORTS.into_iter().flat_map(both).chain([federated()]);
    sidecars.map(|sidecar| sidecar.bootstrap()).collect()
}

/// The bootstraps in front of other protocols, likewise.
pub(crate) fn tcp_bootstraps() -> Vec<Value> {
    let both = |transport| [ledger(transport, inline()), ledger(transport, from_tcp_file())];
    let sidecars = TRANSPORTS.into_iter().flat_map(both);
    sidecars.map(|sidecar| sidecar.bootstrap()).collect()
}

/// All of them.
pub(crate) fn bootstraps() -> Vec<Value> {
    http_bootstraps().into_iter().chain(tcp_bootstraps()).collect()
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

/// The names of the network filters of a chain.
pub(crate) fn network_filter_names(chain: &Value) -> Vec<&str> {
    let filters = list(chain, "/filters").iter();
    filters
        .map(|filter| at(filter, "/name").as_str().expect("a name"))
        .collect()
}

/// The last network filter of a chain, which is the one that goes on to the application.
pub(crate) fn connection_manager(chain: &Value) -> &Value {
    let last = list(chain, "/filters").last().expect("a filter");
    at(last, "/typed_config")
}

/// The connection managers of every inbound chain of every bootstrap.
pub(crate) fn for_each_inbound_connection_manager(check: impl Fn(&Value)) {
    for bootstrap in http_bootstraps() {
        inbound_chains(&bootstrap)
            .iter()
            .map(connection_manager)
            .for_each(&check);
    }
}

/// Every inbound chain in front of another protocol than HTTP.
pub(crate) fn for_each_tcp_chain(check: impl Fn(&Value)) {
    for bootstrap in tcp_bootstraps() {
        inbound_chains(&bootstrap).iter().for_each(&check);
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
