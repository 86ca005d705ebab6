//! [`Listener`]: one door of the Envoy that is measured.

use std::net::SocketAddr;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{SvidPaths, address, direct_address, http_filters};

use crate::envoy::transport::Transport;

/// A listener: all of them are the same but for this.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub transport: Transport,
    /// The filters in front of the router.
    pub http_filters: Vec<Value>,
}

impl Listener {
    /// The listener at this address.
    #[must_use]
    pub fn render(&self, listen: SocketAddr, svid: &SvidPaths) -> Value {
        let mut chain = json!({
            "filters": [direct_address::network_filter(), self.connection_manager()],
        });
        if let Some(socket) = self.transport.socket(svid) {
            chain["transport_socket"] = socket;
        }
        json!({
            "name": self.name,
            "traffic_direction": "INBOUND",
            // No other Envoy of this machine may share the port.
            "enable_reuse_port": false,
            "address": address::socket_address(listen),
            "filter_chains": [chain],
        })
    }

    /// A request that passes the filters is answered by the route itself, so that no connection to an application is in
    /// what is measured; and there is no access log.
    fn connection_manager(&self) -> Value {
        let filters: Vec<&Value> = self.http_filters.iter().collect();
        let router = http_filters::router();
        let filters: Vec<&Value> = filters.into_iter().chain([&router]).collect();
        json!({
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": self.name,
                "use_remote_address": true,
                "internal_address_config": {"cidr_ranges": [{"address_prefix": "0.0.0.0", "prefix_len": 32}]},
                "normalize_path": true,
                "merge_slashes": true,
                "path_with_escaped_slashes_action": "REJECT_REQUEST",
                "http_filters": filters,
                "route_config": {"name": self.name, "virtual_hosts": [{
                    "name": "any",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}],
                }]},
            },
        })
    }
}
