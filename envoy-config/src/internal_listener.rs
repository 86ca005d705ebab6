//! Internal listeners: a listener of the same Envoy that only another one reaches.

use serde_json::{Value, json};

use crate::any::type_url;

/// The entry of the bootstrap's `bootstrap_extensions` without which no internal listener is found.
#[must_use]
pub fn bootstrap_extension() -> Value {
    let type_name = "envoy.extensions.bootstrap.internal_listener.v3.InternalListener";
    json!({"name": "envoy.bootstrap.internal_listener", "typed_config": {"@type": type_url(type_name)}})
}

/// The listener. No address belongs to it, so no peer connects to it.
#[must_use]
pub fn listener(name: &str, network_filters: &[Value]) -> Value {
    json!({
        "name": name,
        "traffic_direction": "INBOUND",
        "internal_listener": {},
        "filter_chains": [{"filters": network_filters}],
    })
}

/// The cluster by which another listener reaches it; filter state that is shared with upstream connections goes along.
#[must_use]
pub fn cluster(name: &str) -> Value {
    let address = json!({"envoy_internal_address": {"server_listener_name": name}});
    json!({
        "name": name,
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        "transport_socket": internal_upstream(),
    })
}

fn internal_upstream() -> Value {
    let raw_buffer = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer";
    json!({
        "name": "envoy.transport_sockets.internal_upstream",
        "typed_config": {
            "@type": type_url("envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport"),
            "transport_socket": {
                "name": "envoy.transport_sockets.raw_buffer",
                "typed_config": {"@type": type_url(raw_buffer)},
            },
        },
    })
}
