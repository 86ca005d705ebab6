//! The HTTP filters of a listener, in their order.

use serde_json::{Value, json};

use crate::any::type_url;
use crate::{FilterModule, interlock};

/// The filters in front of a guarded application. The order is the guarantee: the decision, the interlock right behind
/// the decision, and only then the way on.
#[must_use]
pub fn guarded(filter: &FilterModule) -> Vec<Value> {
    vec![filter.http_filter(), interlock::http_filter(), router()]
}

/// The router, which ends every chain. It adds no `x-envoy-*` headers: the other side need not know them.
#[must_use]
pub fn router() -> Value {
    json!({
        "name": "router",
        "typed_config": {
            "@type": type_url("envoy.extensions.filters.http.router.v3.Router"),
            "suppress_envoy_headers": true,
        },
    })
}
