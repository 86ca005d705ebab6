//! The decision is made by the filter, and without it nothing passes.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{InboundTransport, direct_address, ecds_document, interlock, wasm_filter};

use crate::document::{
    at, bootstraps, connection_manager, for_each_inbound_connection_manager, inbound_chains, list, of_type,
    permissive, strict,
};
use crate::fixture::{filter, from_file, orders, plugin_configuration};

fn filter_names(connection_manager: &Value) -> Vec<&str> {
    let filters = list(connection_manager, "/http_filters").iter();
    filters
        .map(|filter| at(filter, "/name").as_str().expect("a name"))
        .collect()
}

#[test]
fn the_interlock_stands_right_behind_the_wasm_filter_in_every_inbound_chain() {
    for_each_inbound_connection_manager(|manager| {
        let expected = [direct_address::NAME, wasm_filter::NAME, interlock::NAME, "router"];
        assert_eq!(filter_names(manager), expected);
    });
}

#[test]
fn the_interlock_opens_on_the_one_word_of_the_filter_alone() {
    for_each_inbound_connection_manager(|manager| {
        let rules = at(manager, "/http_filters/2/typed_config/rules");
        assert_eq!(at(rules, "/action"), "ALLOW");
        let policies = at(rules, "/policies").as_object().unwrap();
        assert_eq!(policies.len(), 1);
        let principals = at(&policies[interlock::NAME], "/principals");
        let expected =
            json!([{"filter_state": {"key": "wasm.spiffe_authz", "string_match": {"exact": "allow"}}}]);
        assert_eq!(principals, &expected);
    });
}

#[test]
fn a_fault_of_the_filter_reloads_it() {
    for_each_policy(|policy| assert_eq!(policy, "FAIL_RELOAD"));
}

/// The failure policies in the inline configurations and in the file that ECDS watches.
fn for_each_policy(check: impl Fn(&Value)) {
    let file = ecds_document(&filter(from_file()), &plugin_configuration());
    for document in [strict(), permissive(), file] {
        let filters = of_type(&document, "http.wasm.v3.Wasm");
        assert!(!filters.is_empty());
        filters
            .into_iter()
            .map(|wasm| at(wasm, "/config/failure_policy"))
            .for_each(&check);
    }
}

#[test]
fn no_option_that_opens_the_guard_appears_anywhere() {
    let file = ecds_document(&filter(from_file()), &plugin_configuration());
    for document in bootstraps().into_iter().chain([file]) {
        let text = document.to_string();
        for option in [
            "FAIL_OPEN",
            "fail_open",
            "ACCEPT_UNTRUSTED",
            "allow_expired_certificate",
            "ALWAYS_FORWARD_ONLY",
            "FORWARD_ONLY",
            "typed_per_filter_config",
            r#""allow_precompiled":true"#,
            r#""disabled":true"#,
        ] {
            assert!(!text.contains(option), "`{option}`");
        }
    }
}

#[test]
fn nothing_but_a_wasm_filter_is_taken_from_the_watched_file() {
    let bootstrap = orders(InboundTransport::Strict, from_file()).bootstrap();
    let filter = at(
        connection_manager(&inbound_chains(&bootstrap)[0]),
        "/http_filters/1",
    );
    let discovery = at(filter, "/config_discovery");
    let wasm = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
    assert_eq!(at(discovery, "/type_urls"), &json!([wasm]));
    assert!(discovery.get("default_config").is_none());
    assert!(filter.get("typed_config").is_none() && filter.get("is_optional").is_none());
}

#[test]
fn the_watched_file_holds_the_filter_that_a_bootstrap_would_hold() {
    let bootstrap = strict();
    let in_bootstrap = at(
        connection_manager(&inbound_chains(&bootstrap)[0]),
        "/http_filters/1",
    );
    let file = ecds_document(&filter(from_file()), &plugin_configuration());
    assert_eq!(at(&file, "/resources/0/name"), at(in_bootstrap, "/name"));
    assert_eq!(
        at(&file, "/resources/0/typed_config"),
        at(in_bootstrap, "/typed_config")
    );
}

#[test]
fn the_plugin_configuration_reaches_the_filter_as_json_text() {
    let bootstrap = strict();
    let wasm = of_type(&bootstrap, "http.wasm.v3.Wasm")[0];
    let configuration = at(wasm, "/config/configuration");
    assert_eq!(
        at(configuration, "/@type"),
        "type.googleapis.com/google.protobuf.StringValue"
    );
    let text = at(configuration, "/value").as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(text).unwrap(),
        plugin_configuration()
    );
}

#[test]
fn the_node_says_which_workload_it_guards() {
    let expected = json!({"NAMESPACE": "shop", "LABELS": {"app": "orders"}});
    assert_eq!(at(&strict(), "/node/metadata"), &expected);
}

#[test]
fn the_labels_of_the_filters_metrics_become_tags() {
    let tags = json!([
        {"tag_name": "decision", "regex": r"(decision=\.=(.*?);\.;)"},
        {"tag_name": "cause", "regex": r"(cause=\.=(.*?);\.;)"},
        {"tag_name": "policy", "regex": r"(policy=\.=(.*?);\.;)"},
    ]);
    assert_eq!(at(&strict(), "/stats_config/stats_tags"), &tags);
}
