//! Changes of what requests and connections are before the filter judges them.

use serde_json::json;
use spiffe_authz_envoy_config::weak_points::WeakPoint;
use spiffe_authz_envoy_config::{interlock, wasm_filter};

use super::mutation::{CHAIN, MANAGER, Mutation, TLS, at, http, mutation, remove, set, tcp, without};

pub(super) fn of_paths() -> Vec<Mutation> {
    let manager = MANAGER.to_owned();
    vec![
        without(
            "normalize_path",
            WeakPoint::PathsNotNormalised,
            http(),
            manager.clone(),
            "normalize_path",
        ),
        without(
            "merge_slashes",
            WeakPoint::SlashesNotMerged,
            http(),
            manager.clone(),
            "merge_slashes",
        ),
        without(
            "escaped slashes",
            WeakPoint::EscapedSlashesKept,
            http(),
            manager,
            "path_with_escaped_slashes_action",
        ),
    ]
}

pub(super) fn of_routes() -> Vec<Mutation> {
    let route = format!("{MANAGER}/route_config/virtual_hosts/0/routes/0");
    let per_filter = |name: &str| json!({name: {"@type": "any", "disabled": true}});
    vec![
        mutation(
            "a route overrides the filter",
            WeakPoint::OverriddenOnRoute,
            format!("{route}/typed_per_filter_config/{}", wasm_filter::NAME),
            http(),
            {
                let (route, value) = (route.clone(), per_filter(wasm_filter::NAME));
                move |document| at(document, &route)["typed_per_filter_config"] = value.clone()
            },
        ),
        mutation(
            "a virtual host overrides the interlock",
            WeakPoint::OverriddenOnRoute,
            format!(
                "{MANAGER}/route_config/virtual_hosts/0/typedPerFilterConfig/{}",
                interlock::NAME
            ),
            http(),
            {
                let value = per_filter(interlock::NAME);
                move |document| {
                    let host = format!("{MANAGER}/route_config/virtual_hosts/0");
                    at(document, &host)["typedPerFilterConfig"] = value.clone();
                }
            },
        ),
        set(
            "routes from elsewhere",
            WeakPoint::NotShown,
            http(),
            format!("{MANAGER}/rds"),
            json!({"route_config_name": "inbound"}),
        ),
        mutation(
            "listeners from elsewhere",
            WeakPoint::NotShown,
            "/dynamic_resources/lds_config",
            http(),
            |document| document["dynamic_resources"] = json!({"lds_config": {"ads": {}}}),
        ),
    ]
}

pub(super) fn of_connections() -> Vec<Mutation> {
    let filters = format!("{CHAIN}/filters");
    vec![
        without(
            "no direct address",
            WeakPoint::DirectAddressMissing,
            http(),
            filters.clone(),
            "0",
        ),
        mutation(
            "the address that a header names",
            WeakPoint::DirectAddressMissing,
            filters.clone(),
            tcp(),
            |document| {
                let text = format!(
                    "{CHAIN}/filters/0/typed_config/on_new_connection/0/format_string/text_format_source/inline_string"
                );
                *at(document, &text) = json!("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%");
            },
        ),
        without(
            "dials at once",
            WeakPoint::DialsBeforeHandshake,
            tcp(),
            format!("{filters}/3/typed_config"),
            "upstream_connect_mode",
        ),
    ]
}

pub(super) fn of_certificates() -> Vec<Mutation> {
    let context = format!("{TLS}/common_tls_context");
    vec![
        without(
            "stateless resumption",
            WeakPoint::SessionResumption,
            http(),
            TLS.to_owned(),
            "disable_stateless_session_resumption",
        ),
        without(
            "stateful resumption",
            WeakPoint::SessionResumption,
            tcp(),
            TLS.to_owned(),
            "disable_stateful_session_resumption",
        ),
        mutation(
            "nothing validates",
            WeakPoint::NoValidationContext,
            TLS,
            http(),
            {
                let context = context.clone();
                move |document| {
                    remove(
                        document,
                        &format!("{context}/validation_context_sds_secret_config"),
                    )
                }
            },
        ),
        set(
            "untrusted",
            WeakPoint::AcceptsUntrusted,
            http(),
            format!("{context}/trust_chain_verification"),
            json!("ACCEPT_UNTRUSTED"),
        ),
        set(
            "expired",
            WeakPoint::AcceptsUntrusted,
            http(),
            format!("{context}/allow_expired_certificate"),
            json!(true),
        ),
    ]
}
