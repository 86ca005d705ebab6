//! The EnvoyFilter: what stands around the filter in a sidecar's chains.

use serde_json::{Map, Value, json};

use crate::istio::IstioGuard;
use crate::{direct_address, interlock};

const HTTP_CONNECTION_MANAGER: &str = "envoy.filters.network.http_connection_manager";
const ROUTER: &str = "envoy.filters.http.router";
const TCP_PROXY: &str = "envoy.filters.network.tcp_proxy";
/// After the EnvoyFilters of others, which have 0, so that the interlock comes to stand behind what they insert.
const PRIORITY: u32 = 100;

impl IstioGuard {
    pub(super) fn envoy_filter(&self) -> Value {
        let mut spec = Map::new();
        spec.insert("priority".to_owned(), PRIORITY.into());
        spec.insert("configPatches".to_owned(), self.patches().into());
        if !self.labels.is_empty() {
            spec.insert("workloadSelector".to_owned(), json!({"labels": self.labels}));
        }
        json!({
            "apiVersion": "networking.istio.io/v1alpha3",
            "kind": "EnvoyFilter",
            "metadata": self.metadata(&format!("{}-interlock", self.name)),
            "spec": spec,
        })
    }

    fn patches(&self) -> Vec<Value> {
        let mut patches = vec![direct_address(), interlock_of_requests()];
        if !self.tcp_ports.is_empty() {
            patches.push(interlock_of_connections());
        }
        patches
    }
}

/// First in every chain, HTTP or not.
fn direct_address() -> Value {
    json!({
        "applyTo": "NETWORK_FILTER",
        "match": {"context": "SIDECAR_INBOUND"},
        "patch": {"operation": "INSERT_FIRST", "value": direct_address::network_filter()},
    })
}

fn interlock_of_requests() -> Value {
    let filter = json!({"name": HTTP_CONNECTION_MANAGER, "subFilter": {"name": ROUTER}});
    json!({
        "applyTo": "HTTP_FILTER",
        "match": {"context": "SIDECAR_INBOUND", "listener": {"filterChain": {"filter": filter}}},
        "patch": {"operation": "INSERT_BEFORE", "value": interlock::http_filter()},
    })
}

/// In the chain of every port that is not HTTP: one that nobody named for judging is refused.
fn interlock_of_connections() -> Value {
    json!({
        "applyTo": "NETWORK_FILTER",
        "match": {
            "context": "SIDECAR_INBOUND",
            "listener": {"filterChain": {"filter": {"name": TCP_PROXY}}},
        },
        "patch": {"operation": "INSERT_BEFORE", "value": interlock::network_filter()},
    })
}
