//! A rendered bootstrap whose filter comes from a control plane instead of a file.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// The control plane's cluster.
const CLUSTER: &str = "xds";
const HTTP_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// The variant of the protocol that Envoy speaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// Each response has everything.
    StateOfTheWorld,
    /// Each response has what changed.
    Delta,
}

/// Has Envoy take its filter from the control plane at this address.
///
/// # Panics
/// When the bootstrap names no file of ECDS.
pub fn take_filter_from(bootstrap: &mut Value, control_plane: SocketAddr, protocol: Protocol) {
    let changed = replace_sources(bootstrap, &source(protocol));
    assert!(changed > 0, "the bootstrap takes its filter from no file");
    let clusters = bootstrap.pointer_mut("/static_resources/clusters");
    let clusters = clusters.and_then(Value::as_array_mut);
    clusters.expect("clusters").push(cluster(control_plane));
}

/// Replaces the source of each `config_discovery`; how many there were.
fn replace_sources(value: &mut Value, source: &Value) -> usize {
    match value {
        Value::Object(fields) => {
            let here = fields.get_mut("config_discovery").map_or(0, |discovery| {
                discovery["config_source"] = source.clone();
                1
            });
            let below = fields.values_mut().map(|value| replace_sources(value, source));
            here + below.sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(|item| replace_sources(item, source)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn source(protocol: Protocol) -> Value {
    let api_type = match protocol {
        Protocol::StateOfTheWorld => "GRPC",
        Protocol::Delta => "DELTA_GRPC",
    };
    json!({
        "resource_api_version": "V3",
        "api_config_source": {
            "api_type": api_type,
            "transport_api_version": "V3",
            "grpc_services": [{"envoy_grpc": {"cluster_name": CLUSTER}}],
        },
    })
}

fn cluster(control_plane: SocketAddr) -> Value {
    let socket = json!({"address": control_plane.ip().to_string(), "port_value": control_plane.port()});
    json!({
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {HTTP_OPTIONS: {
            "@type": format!("type.googleapis.com/{HTTP_OPTIONS}"),
            "explicit_http_config": {"http2_protocol_options": {}},
        }},
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"socket_address": socket}}}]}],
        },
    })
}
