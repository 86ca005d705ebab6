//! [`Mutation`]: a change for the worse.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::InboundTransport;
use spiffe_authz_envoy_config::weak_points::{self, WeakPoint};

use crate::fixture::{from_tcp_file, inline, ledger, orders};

/// The first chain of the inbound listener.
pub(super) const CHAIN: &str = "/static_resources/listeners/0/filter_chains/0";
/// Its connection manager.
pub(super) const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/1/typed_config";
/// Its TLS.
pub(super) const TLS: &str = "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config";

/// A change for the worse: its name, the weak point, the place of it, and the change.
pub(super) struct Mutation {
    pub(super) name: &'static str,
    pub(super) weak_point: WeakPoint,
    pub(super) at: String,
    pub(super) base: Value,
    pub(super) change: Box<dyn Fn(&mut Value)>,
}

/// `orders` with its configuration in the bootstrap.
pub(super) fn http() -> Value {
    orders(InboundTransport::Strict, inline()).bootstrap()
}

pub(super) fn tcp() -> Value {
    ledger(InboundTransport::Strict, from_tcp_file()).bootstrap()
}

pub(super) fn found(bootstrap: &Value) -> Vec<(WeakPoint, String)> {
    let findings = weak_points::of_bootstrap(bootstrap);
    findings
        .into_iter()
        .map(|finding| (finding.weak_point, finding.at))
        .collect()
}

pub(super) fn at<'v>(document: &'v mut Value, pointer: &str) -> &'v mut Value {
    document
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("nothing at {pointer}"))
}

pub(super) fn list<'v>(document: &'v mut Value, pointer: &str) -> &'v mut Vec<Value> {
    at(document, pointer).as_array_mut().unwrap()
}

pub(super) fn remove(document: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = at(document, parent);
    if let Some(items) = parent.as_array_mut() {
        items.remove(name.parse().unwrap());
    } else {
        parent.as_object_mut().unwrap().remove(name).unwrap();
    }
}

pub(super) fn mutation(
    name: &'static str,
    weak_point: WeakPoint,
    at: impl Into<String>,
    base: Value,
    change: impl Fn(&mut Value) + 'static,
) -> Mutation {
    Mutation {
        name,
        weak_point,
        at: at.into(),
        base,
        change: Box::new(change),
    }
}

/// The value at the place is another one, and that is the weak point.
pub(super) fn set(
    name: &'static str,
    weak_point: WeakPoint,
    base: Value,
    pointer: String,
    value: Value,
) -> Mutation {
    let place = pointer.clone();
    mutation(name, weak_point, place, base, move |document| {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        at(document, parent)[name] = value.clone();
    })
}

/// A field is gone, or a list is without an item, and the weak point is where it was.
pub(super) fn without(
    name: &'static str,
    weak_point: WeakPoint,
    base: Value,
    parent: String,
    field: &str,
) -> Mutation {
    let pointer = format!("{parent}/{field}");
    mutation(name, weak_point, parent, base, move |document| {
        remove(document, &pointer)
    })
}

/// The entry of a filter says this of it.
pub(super) fn flagged(name: &'static str, base: Value, entry: String, flag: &'static str) -> Mutation {
    let place = entry.clone();
    mutation(name, WeakPoint::Disabled, place, base, move |document| {
        at(document, &entry)[flag] = json!(true);
    })
}

pub(super) fn a_lua_filter() -> Value {
    json!({"name": "lua", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"}})
}
