//! The listener that shows the metrics to another machine, and nothing else of the admin interface.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::address::socket_address;
use crate::any::type_url;
use crate::{LoopbackAddress, cluster, http_connection_manager as hcm, http_filters};

/// The name of the listener, of its route and of the cluster behind it.
pub const NAME: &str = "spiffe_authz_metrics";
/// What can be asked for; with a query, as Envoy has it.
pub const PATH: &str = "/stats/prometheus";

/// Metrics that take longer than this are not waited for.
const TIMEOUT: &str = "10s";
/// A scraper needs few connections, and nobody else should hold any.
const CONNECTIONS: u32 = 32;

/// The listener. Whoever reaches it may read the metrics: they name policies and causes, and no peer.
#[must_use]
pub fn listener(address: SocketAddr) -> Value {
    json!({
        "name": NAME,
        "address": socket_address(address),
        "filter_chains": [{"filters": [connection_limit(), connection_manager()]}],
    })
}

/// The cluster of the admin interface.
#[must_use]
pub fn cluster(admin: LoopbackAddress) -> Value {
    cluster::plaintext(NAME, admin.socket_addr())
}

fn connection_limit() -> Value {
    json!({
        "name": "envoy.filters.network.connection_limit",
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit"),
            "stat_prefix": NAME,
            "max_connections": CONNECTIONS,
        },
    })
}

fn connection_manager() -> Value {
    hcm::network_filter(&json!({
        "@type": type_url(hcm::TYPE_NAME),
        "stat_prefix": NAME,
        "route_config": {"name": NAME, "virtual_hosts": [{
            "name": NAME,
            "domains": ["*"],
            "routes": [route()],
        }]},
        "http_filters": [http_filters::router()],
        "common_http_protocol_options": {"idle_timeout": hcm::IDLE_TIMEOUT},
        "request_timeout": TIMEOUT,
        "request_headers_timeout": TIMEOUT,
    }))
}

/// The path as a whole and to the letter, and no other method: the admin interface can stop Envoy.
fn route() -> Value {
    let get = json!({"name": ":method", "string_match": {"exact": "GET"}});
    json!({
        "match": {"path": PATH, "headers": [get]},
        "route": {"cluster": NAME, "timeout": TIMEOUT},
    })
}
