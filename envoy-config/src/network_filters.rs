//! The network filters of an inbound chain, in their order.

use serde_json::Value;

use crate::http_connection_manager::{self as hcm, Guarded};
use crate::tcp_proxy::{self, GuardedTcp};
use crate::{FilterModule, direct_address, interlock};

/// The filters in front of an HTTP application. The fact is written before anything may read it; the decision and the
/// interlock stand inside the connection manager.
#[must_use]
pub fn guarded_http(listener: &Guarded<'_>) -> Vec<Value> {
    vec![direct_address::network_filter(), hcm::guarded(listener)]
}

/// The filters in front of an application that speaks anything else: the fact, the decision, the interlock right behind
/// the decision, and only then the way on.
#[must_use]
pub fn guarded_tcp(filter: &FilterModule, listener: &GuardedTcp<'_>) -> Vec<Value> {
    vec![
        direct_address::network_filter(),
        filter.network_filter(),
        interlock::network_filter(),
        tcp_proxy::guarded(listener),
    ]
}
