//! What reaches the filter, and in which form.

use serde_json::json;

use crate::document::{at, for_each_inbound_connection_manager, inbound_chains, list, permissive, strict};

#[test]
fn a_strict_listener_has_one_chain_and_it_demands_a_client_certificate() {
    let bootstrap = strict();
    let [chain] = inbound_chains(&bootstrap).as_slice() else {
        panic!("not one chain")
    };
    assert_eq!(at(chain, "/filter_chain_match"), &json!({}));
    assert_eq!(
        at(chain, "/transport_socket/typed_config/require_client_certificate"),
        true
    );
    assert!(list(&bootstrap, "/static_resources/listeners/0/listener_filters").is_empty());
}

#[test]
fn a_permissive_listener_has_a_plaintext_chain_beside_the_one_that_demands_a_client_certificate() {
    let bootstrap = permissive();
    let [mutual_tls, plaintext] = inbound_chains(&bootstrap).as_slice() else {
        panic!("not two chains")
    };
    assert_eq!(
        at(mutual_tls, "/filter_chain_match"),
        &json!({"transport_protocol": "tls"})
    );
    assert_eq!(
        at(
            mutual_tls,
            "/transport_socket/typed_config/require_client_certificate"
        ),
        true
    );
    assert_eq!(
        at(plaintext, "/filter_chain_match"),
        &json!({"transport_protocol": "raw_buffer"})
    );
    assert!(plaintext.get("transport_socket").is_none());
    assert_eq!(
        list(&bootstrap, "/static_resources/listeners/0/listener_filters").len(),
        1
    );
}

#[test]
fn plaintext_meets_the_same_filters_as_mutual_tls() {
    let bootstrap = permissive();
    let chains = inbound_chains(&bootstrap);
    assert_eq!(at(&chains[0], "/filters"), at(&chains[1], "/filters"));
    assert_eq!(list(&chains[0], "/filters").len(), 2);
}

#[test]
fn the_filter_and_the_application_read_one_and_the_same_path() {
    for_each_inbound_connection_manager(|manager| {
        assert_eq!(at(manager, "/normalize_path"), true);
        assert_eq!(at(manager, "/merge_slashes"), true);
        assert_eq!(at(manager, "/path_with_escaped_slashes_action"), "REJECT_REQUEST");
    });
}

#[test]
fn a_header_name_with_an_underscore_is_refused() {
    for_each_inbound_connection_manager(|manager| {
        let action = at(
            manager,
            "/common_http_protocol_options/headers_with_underscores_action",
        );
        assert_eq!(action, "REJECT_REQUEST");
    });
}

#[test]
fn what_a_peer_says_about_itself_is_replaced() {
    for_each_inbound_connection_manager(|manager| {
        assert_eq!(at(manager, "/forward_client_cert_details"), "SANITIZE_SET");
        assert_eq!(at(manager, "/use_remote_address"), true);
        assert!(manager.get("xff_num_trusted_hops").is_none());
        let internal = list(manager, "/internal_address_config/cidr_ranges");
        assert_eq!(
            internal,
            &vec![json!({"address_prefix": "0.0.0.0", "prefix_len": 32})]
        );
    });
}

#[test]
fn no_wait_is_unbounded() {
    for_each_inbound_connection_manager(|manager| {
        for wait in [
            "/common_http_protocol_options/idle_timeout",
            "/common_http_protocol_options/max_connection_duration",
            "/stream_idle_timeout",
            "/request_timeout",
            "/request_headers_timeout",
            "/drain_timeout",
            "/route_config/virtual_hosts/0/routes/0/route/timeout",
        ] {
            let seconds = at(manager, wait).as_str().unwrap().strip_suffix('s').unwrap();
            assert!(seconds.parse::<u32>().unwrap() > 0, "{wait}");
        }
    });
}
