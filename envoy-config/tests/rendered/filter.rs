//! The decision is made by the filter, and without it nothing passes.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::{
    ApplicationProtocol, InboundTransport, direct_address, ecds_document, interlock, wasm_filter,
};

use crate::document::{
    at, bootstraps, connection_manager, for_each_inbound_connection_manager, for_each_tcp_chain,
    inbound_chains, list, network_filter_names, of_type, permissive, strict,
};
use crate::fixture::{
    filter, from_file, from_tcp_file, inline, ledger, orders, plugin_configuration, tcp_plugin_configuration,
};

fn filter_names(connection_manager: &Value) -> Vec<&str> {
    let filters = list(connection_manager, "/http_filters").iter();
    filters
        .map(|filter| at(filter, "/name").as_str().expect("a name"))
        .collect()
}

#[test]
fn the_interlock_stands_right_behind_the_wasm_filter_in_every_inbound_chain() {
    for_each_inbound_connection_manager(|manager| {
        let expected = [wasm_filter::NAME, interlock::NAME, "router"];
        assert_eq!(filter_names(manager), expected);
    });
    for_each_tcp_chain(|chain| {
        let expected = [
            wasm_filter::NAME,
            interlock::NAME,
            "envoy.filters.network.tcp_proxy",
        ];
        assert_eq!(network_filter_names(chain)[1..], expected);
    });
}

#[test]
fn the_direct_address_is_written_before_anything_else() {
    for bootstrap in bootstraps() {
        for chain in inbound_chains(&bootstrap) {
            let first = at(chain, "/filters/0");
            assert_eq!(at(first, "/name"), direct_address::NAME);
            let values = list(first, "/typed_config/on_new_connection");
            let [value] = values.as_slice() else {
                panic!("not one value")
            };
            assert_eq!(at(value, "/object_key"), "spiffe_authz.direct_remote_address");
            let format = at(value, "/format_string/text_format_source/inline_string");
            assert_eq!(format, "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%");
        }
    }
}

#[test]
fn the_interlock_opens_on_the_one_word_of_the_filter_alone() {
    for_each_inbound_connection_manager(|manager| {
        assert_opens_on("allow", at(manager, "/http_filters/1/typed_config/rules"));
    });
    for_each_tcp_chain(|chain| {
        assert_opens_on("allow-connection", at(chain, "/filters/2/typed_config/rules"))
    });
}

fn assert_opens_on(word: &str, rules: &Value) {
    assert_eq!(at(rules, "/action"), "ALLOW");
    let policies = at(rules, "/policies").as_object().unwrap();
    assert_eq!(policies.len(), 1);
    let principals = at(&policies[interlock::NAME], "/principals");
    let expected = json!([{"filter_state": {"key": "wasm.spiffe_authz", "string_match": {"exact": word}}}]);
    assert_eq!(principals, &expected);
}

#[test]
fn an_application_is_dialled_when_the_handshake_is_done() {
    for_each_tcp_chain(|chain| {
        let proxy = connection_manager(chain);
        assert_eq!(at(proxy, "/upstream_connect_mode"), "ON_DOWNSTREAM_TLS_HANDSHAKE");
        assert_eq!(at(proxy, "/max_early_data_bytes"), 0);
    });
}

#[test]
fn a_fault_of_the_filter_reloads_it() {
    for_each_policy(|policy| assert_eq!(policy, "FAIL_RELOAD"));
}

/// The failure policies in the inline configurations and in the file that ECDS watches.
fn for_each_policy(check: impl Fn(&Value)) {
    let tcp = ledger(InboundTransport::Strict, inline()).bootstrap();
    for document in [strict(), permissive(), tcp].into_iter().chain(files()) {
        let filters = of_type(&document, "wasm.v3.Wasm");
        assert!(!filters.is_empty());
        filters
            .into_iter()
            .map(|wasm| at(wasm, "/config/failure_policy"))
            .for_each(&check);
    }
}

/// The documents that Envoy watches.
fn files() -> [Value; 2] {
    let http = ecds_document(
        &filter(from_file()),
        ApplicationProtocol::Http,
        &plugin_configuration(),
    );
    let tcp = ecds_document(
        &filter(from_tcp_file()),
        ApplicationProtocol::Tcp,
        &tcp_plugin_configuration(),
    );
    [http, tcp]
}

#[test]
fn no_option_that_opens_the_guard_appears_anywhere() {
    for document in bootstraps().into_iter().chain(files()) {
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
        "/http_filters/0",
    );
    assert_takes_alone("envoy.extensions.filters.http.wasm.v3.Wasm", filter);
    let bootstrap = ledger(InboundTransport::Strict, from_tcp_file()).bootstrap();
    let filter = at(&inbound_chains(&bootstrap)[0], "/filters/1");
    assert_takes_alone("envoy.extensions.filters.network.wasm.v3.Wasm", filter);
}

fn assert_takes_alone(message: &str, filter: &Value) {
    let discovery = at(filter, "/config_discovery");
    assert_eq!(
        at(discovery, "/type_urls"),
        &json!([format!("type.googleapis.com/{message}")])
    );
    assert!(discovery.get("default_config").is_none());
    assert!(filter.get("typed_config").is_none() && filter.get("is_optional").is_none());
}

#[test]
fn the_watched_file_holds_the_filter_that_a_bootstrap_would_hold() {
    let bootstrap = strict();
    let in_bootstrap = at(
        connection_manager(&inbound_chains(&bootstrap)[0]),
        "/http_filters/0",
    );
    let [file, _] = files();
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
        {"tag_name": "result", "regex": r"(result=\.=(.*?);\.;)"},
        {"tag_name": "action", "regex": r"(action=\.=(.*?);\.;)"},
        {"tag_name": "mtls", "regex": r"(mtls=\.=(.*?);\.;)"},
        {"tag_name": "port", "regex": r"(port=\.=(.*?);\.;)"},
        {"tag_name": "reason", "regex": r"(reason=\.=(.*?);\.;)"},
    ]);
    assert_eq!(at(&strict(), "/stats_config/stats_tags"), &tags);
}

#[test]
fn the_histogram_of_svids_has_buckets_from_a_minute_to_a_year() {
    let settings = at(&strict(), "/stats_config/histogram_bucket_settings/0").clone();
    assert_eq!(
        settings["match"],
        json!({"suffix": "spiffe_authz_peer_svid_remaining_seconds"})
    );
    let buckets: Vec<u64> = settings["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_u64)
        .collect();
    assert_eq!((buckets.first(), buckets.last()), (Some(&60), Some(&31_536_000)));
    assert!(buckets.is_sorted() && buckets.contains(&3_600) && buckets.contains(&86_400));
}
