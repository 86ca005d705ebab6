//! Changes of the chain: whether the filter is there, and what stands around it.

use serde_json::json;
use spiffe_authz_envoy_config::interlock;
use spiffe_authz_envoy_config::weak_points::WeakPoint;

use super::mutation::{
    CHAIN, MANAGER, Mutation, a_lua_filter, at, flagged, http, list, mutation, remove, tcp, without,
};

pub(super) fn of_the_chain() -> Vec<Mutation> {
    let filters = format!("{MANAGER}/http_filters");
    let network = format!("{CHAIN}/filters");
    vec![
        without("no filter", WeakPoint::Unguarded, http(), filters, "0"),
        without("no network filter", WeakPoint::Unguarded, tcp(), network, "1"),
        mutation(
            "another chain forwards",
            WeakPoint::Unguarded,
            "/static_resources/listeners/0/default_filter_chain/filters/1/typed_config/http_filters",
            http(),
            |document| {
                let mut chain = at(document, CHAIN).clone();
                remove(&mut chain, "/filters/1/typed_config/http_filters/0");
                at(document, "/static_resources/listeners/0")["default_filter_chain"] = chain;
            },
        ),
        mutation(
            "an upgrade has filters of its own",
            WeakPoint::Unguarded,
            format!("{MANAGER}/upgrade_configs/0/filters"),
            http(),
            |document| {
                let router = at(document, MANAGER)["http_filters"][2].clone();
                at(document, MANAGER)["upgrade_configs"] =
                    json!([{"upgrade_type": "websocket", "filters": [router]}]);
            },
        ),
        mutation(
            "an outbound listener that other machines reach",
            WeakPoint::Unguarded,
            "/static_resources/listeners/1/filter_chains/0/filters/0/typed_config/http_filters",
            http(),
            |document| {
                let address = "/static_resources/listeners/1/address/socket_address/address";
                *at(document, address) = json!("0.0.0.0");
            },
        ),
    ]
}

pub(super) fn of_its_entries() -> Vec<Mutation> {
    let filters = format!("{MANAGER}/http_filters");
    let network = format!("{CHAIN}/filters");
    vec![
        flagged("disabled filter", http(), format!("{filters}/0"), "disabled"),
        flagged("optional interlock", http(), format!("{filters}/1"), "isOptional"),
        flagged(
            "disabled network filter",
            tcp(),
            format!("{network}/1"),
            "disabled",
        ),
        mutation(
            "a writer of the word",
            WeakPoint::WordFromElsewhere,
            format!("{CHAIN}/filters/0/typed_config/on_new_connection/1"),
            http(),
            |document| {
                let writes = list(
                    document,
                    &format!("{CHAIN}/filters/0/typed_config/on_new_connection"),
                );
                let mut write = writes[0].clone();
                write["object_key"] = json!(interlock::FILTER_STATE_KEY);
                writes.push(write);
            },
        ),
        mutation(
            "Lua behind the decision",
            WeakPoint::FilterBehindDecision,
            format!("{filters}/2"),
            http(),
            {
                let filters = filters.clone();
                move |document| list(document, &filters).insert(2, a_lua_filter())
            },
        ),
    ]
}
