//! Changes of the filter's own message, and of where it comes from.

use serde_json::json;
use spiffe_authz_envoy_config::InboundTransport;
use spiffe_authz_envoy_config::weak_points::WeakPoint;

use super::mutation::{MANAGER, Mutation, a_lua_filter, at, http, list, mutation, set};
use crate::fixture::{from_file, orders};

pub(super) fn of_its_message() -> Vec<Mutation> {
    let config = format!("{MANAGER}/http_filters/0/typed_config/config");
    vec![
        set(
            "FAIL_OPEN",
            WeakPoint::FailsOpen,
            http(),
            format!("{config}/failure_policy"),
            json!("FAIL_OPEN"),
        ),
        set(
            "FAIL_OPEN as a number",
            WeakPoint::FailsOpen,
            http(),
            format!("{config}/failure_policy"),
            json!(3),
        ),
        set(
            "fail_open",
            WeakPoint::FailsOpen,
            http(),
            format!("{config}/fail_open"),
            json!(true),
        ),
        set(
            "failOpen",
            WeakPoint::FailsOpen,
            http(),
            format!("{config}/failOpen"),
            json!(true),
        ),
        set(
            "precompiled",
            WeakPoint::PrecompiledCode,
            http(),
            format!("{config}/vm_config/allow_precompiled"),
            json!(true),
        ),
        mutation(
            "a short list of capabilities",
            WeakPoint::DecisionNotOnCapabilityList,
            format!("{config}/vm_config/capability_restriction_config/allowed_capabilities"),
            http(),
            {
                let vm = format!("{config}/vm_config");
                move |document| {
                    at(document, &vm)["capability_restriction_config"] =
                        json!({"allowed_capabilities": {"proxy_on_configure": {}}});
                }
            },
        ),
    ]
}

pub(super) fn of_its_discovery() -> Vec<Mutation> {
    let ecds = orders(InboundTransport::Strict, from_file()).bootstrap();
    let discovery = format!("{MANAGER}/http_filters/0/config_discovery");
    vec![
        mutation(
            "discovery of any filter",
            WeakPoint::OpenDiscovery,
            discovery.clone(),
            ecds.clone(),
            {
                let urls = format!("{discovery}/type_urls");
                move |document| {
                    list(document, &urls).push(json!(
                        "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
                    ));
                }
            },
        ),
        set(
            "another filter stands in",
            WeakPoint::OpenDiscovery,
            ecds,
            format!("{discovery}/default_config"),
            a_lua_filter()["typed_config"].clone(),
        ),
    ]
}
