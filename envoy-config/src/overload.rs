//! The bound on what peers can make Envoy hold.

use serde_json::{Value, json};

use crate::any::type_url;

/// Open connections over all listeners; the admin interface is not counted.
pub const MAX_CONNECTIONS: u32 = 10_000;

/// The bootstrap's `overload_manager`: without a bound, whoever opens connections decides when memory ends.
#[must_use]
pub fn overload_manager() -> Value {
    let monitor = "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig";
    json!({
        "resource_monitors": [{
            "name": "envoy.resource_monitors.global_downstream_max_connections",
            "typed_config": {
                "@type": type_url(monitor),
                "max_active_downstream_connections": MAX_CONNECTIONS,
            },
        }],
    })
}
