//! A listener and its filter chains.

use crate::weak_points::cursor::Cursor;
use crate::weak_points::{Findings, chain, filter_state};

const OUTBOUND: (&str, u64) = ("OUTBOUND", 2);

pub(super) fn look_at(listener: &Cursor<'_>, findings: &mut Findings) {
    if is_for_the_application(listener) {
        return;
    }
    filter_state::look_at(listener, findings);
    for filter_chain in listener.items("filter_chains") {
        chain::look_at(&filter_chain, findings);
    }
    if let Some(filter_chain) = listener.field("default_filter_chain") {
        chain::look_at(&filter_chain, findings);
    }
}

/// An outbound listener that no other machine reaches: it is the peers that guard what comes through it.
fn is_for_the_application(listener: &Cursor<'_>) -> bool {
    let is_outbound = listener
        .field("traffic_direction")
        .is_some_and(|direction| direction.is_one_of(&[OUTBOUND]));
    is_outbound && is_on_loopback(listener) && listener.items("additional_addresses").is_empty()
}

fn is_on_loopback(listener: &Cursor<'_>) -> bool {
    let address = listener.path(&["address", "socket_address", "address"]);
    let address = address.and_then(|address| address.text());
    let address = address.and_then(|text| text.parse::<std::net::IpAddr>().ok());
    address.is_some_and(|address| address.is_loopback())
}
