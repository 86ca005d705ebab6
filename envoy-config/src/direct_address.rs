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

/// The HTTP filter. What the Wasm filter sets itself gets a `wasm.` before its key, so it cannot write this one.
#[must_use]
pub fn http_filter() -> Value {
    json!({
        "name": NAME,
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.http.set_filter_state.v3.Config"),
            "on_request_headers": [{
                "object_key": FILTER_STATE_KEY,
                "factory_key": "envoy.string",
                "format_string": {"text_format_source": {
                    "inline_string": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
                }},
            }],
        },
    })
}
