//! The interlock: a native RBAC filter right behind the Wasm filter, for requests and for connections.
//!
//! A Wasm filter can drop out of the chain: a plugin that fails to start on a worker, or a module without the
//! needed exports, is left out, and requests would go on without a decision. The interlock admits only requests
//! on which the filter has said "allow", in filter state, which no peer can write. Without that word: 403.
//!
//! Before TCP applications the same rule stands at the first bytes of the peer: without the word the connection is closed
//! and none of them reaches the application. What an application says before the peer has said anything does not
//! pass here: that is for the Wasm filter alone.

use serde_json::{Value, json};

use crate::any::type_url;

/// The filter's name.
pub const NAME: &str = "spiffe_authz_interlock";
/// The filter state that the Wasm filter sets: Envoy puts `wasm.` before a property's name.
pub const FILTER_STATE_KEY: &str = "wasm.spiffe_authz";
/// The only value that opens the interlock of a request.
pub const ALLOW: &str = "allow";
/// The only value that opens the interlock of a connection. Requests see the filter state of their connection, so theirs is
/// another.
pub const ALLOW_CONNECTION: &str = "allow-connection";

/// The HTTP filter.
#[must_use]
pub fn http_filter() -> Value {
    json!({
        "name": NAME,
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.http.rbac.v3.RBAC"),
            "rules_stat_prefix": "spiffe_authz_interlock_",
            "rules": rules(ALLOW),
        },
    })
}

/// The network filter.
#[must_use]
pub fn network_filter() -> Value {
    json!({
        "name": NAME,
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.network.rbac.v3.RBAC"),
            "stat_prefix": NAME,
            "rules": rules(ALLOW_CONNECTION),
        },
    })
}

fn rules(word: &str) -> Value {
    json!({
        "action": "ALLOW",
        "policies": {NAME: {
            "permissions": [{"any": true}],
            "principals": [{"filter_state": {"key": FILTER_STATE_KEY, "string_match": {"exact": word}}}],
        }},
    })
}
