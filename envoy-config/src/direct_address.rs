//! The address at the other end of the TCP connection, for the filter.
//!
//! `source.address` follows `x-forwarded-for` in some configurations, and a header is not a fact. This filter
//! writes what the socket says into filter state, under a fixed key, before the Wasm filter runs.

use serde_json::{Value, json};

use crate::any::type_url;

/// The filter's name.
pub const NAME: &str = "spiffe_authz_direct_address";
/// The filter state key that the Wasm filter reads.
pub const FILTER_STATE_KEY: &str = "spiffe_authz.direct_remote_address";

/// The network filter, the first of its chain: filters for connections and for requests read what it writes.
///
/// It writes when the connection is new, before the peer has sent anything that a filter reads. No peer can write
/// filter state, and what a Wasm filter sets gets a `wasm.` before its key.
#[must_use]
pub fn network_filter() -> Value {
    json!({
        "name": NAME,
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.network.set_filter_state.v3.Config"),
            "on_new_connection": [{
                "object_key": FILTER_STATE_KEY,
                "factory_key": "envoy.string",
                "format_string": {"text_format_source": {
                    "inline_string": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
                }},
            }],
        },
    })
}
