//! More listeners of one Envoy: the shipped one once more, each with a plugin configuration of its own.

use std::net::SocketAddr;

use serde_json::{Value, json};
use spiffe_authz_demo::ports::free_loopback_addresses;
use spiffe_authz_envoy_config::wasm_filter;

/// A plugin configuration, made for the port of its listener.
pub type ForPort = fn(u16) -> Value;

/// Adds the first listener of a bootstrap once for each configuration; says where each listens. `ecds` is the document from
/// which the first listener takes its own configuration.
///
/// # Errors
/// When there are too few ports, or the bootstrap has no listener.
pub fn add_listeners(
    bootstrap: &mut Value,
    ecds: &Value,
    configurations: &[ForPort],
) -> Result<Vec<SocketAddr>, String> {
    let addresses = free_loopback_addresses(configurations.len()).map_err(|error| error.to_string())?;
    let listeners = bootstrap.pointer_mut("/static_resources/listeners");
    let listeners = listeners.and_then(Value::as_array_mut).ok_or("no listeners")?;
    let first = listeners.first().ok_or("no first listener")?.clone();
    for (address, configuration) in addresses.iter().zip(configurations) {
        let typed_config = typed_config(ecds, &configuration(address.port()));
        listeners.push(listener(first.clone(), *address, &typed_config));
    }
    Ok(addresses)
}

fn typed_config(ecds: &Value, configuration: &Value) -> Value {
    let mut typed_config = ecds["resources"][0]["typed_config"].clone();
    typed_config["config"]["configuration"]["value"] = json!(configuration.to_string());
    typed_config
}

fn listener(mut listener: Value, address: SocketAddr, typed_config: &Value) -> Value {
    listener["name"] = json!(format!("inbound-{}", address.port()));
    listener["address"]["socket_address"]["port_value"] = json!(address.port());
    let chains = listener["filter_chains"].as_array_mut().into_iter().flatten();
    let filters = chains.flat_map(|chain| chain["filters"].as_array_mut().into_iter().flatten());
    for filter in filters.filter(|filter| filter["name"] == wasm_filter::NAME) {
        *filter = json!({"name": wasm_filter::NAME, "typed_config": typed_config});
    }
    listener
}
