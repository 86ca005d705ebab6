//! The route configuration: everything goes to one cluster.

use serde_json::{Value, json};

/// From the end of a request to the end of its response. It is also the drain time of a connection, so that a
/// request which began before the drain can end within it.
pub const TIMEOUT: &str = "60s";

/// Every host and path to `cluster`. What may pass is for the filter to say, not for a route to imply.
#[must_use]
pub fn everything_to(name: &str, cluster: &str) -> Value {
    json!({
        "name": name,
        "validate_clusters": true,
        "virtual_hosts": [{
            "name": name,
            "domains": ["*"],
            "routes": [{"match": {"prefix": "/"}, "route": {"cluster": cluster, "timeout": TIMEOUT}}],
        }],
    })
}
