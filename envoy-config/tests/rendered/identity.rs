//! Both ends of a connection prove who they are, each time.

use serde_json::json;

use crate::document::{at, bootstraps, http_bootstraps, list, of_type, strict};
use crate::fixture::{PAYMENTS, federated_svid, svid};

#[test]
fn an_outbound_cluster_takes_one_spiffe_id_to_the_letter() {
    for bootstrap in http_bootstraps() {
        let contexts = of_type(&bootstrap, "UpstreamTlsContext");
        let [context] = contexts.as_slice() else {
            panic!("not one context")
        };
        let validation = at(context, "/common_tls_context/combined_validation_context");
        let expected =
            json!({"match_typed_subject_alt_names": [{"san_type": "URI", "matcher": {"exact": PAYMENTS}}]});
        assert_eq!(at(validation, "/default_validation_context"), &expected);
        assert_eq!(
            at(validation, "/validation_context_sds_secret_config/name"),
            "trust-bundle"
        );
    }
}

#[test]
fn every_peer_beyond_the_machine_is_reached_over_tls() {
    for cluster in list(&strict(), "/static_resources/clusters") {
        let endpoint = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/address";
        let on_loopback = at(cluster, endpoint) == "127.0.0.1";
        assert_ne!(
            on_loopback,
            cluster.get("transport_socket").is_some(),
            "{cluster}"
        );
    }
}

#[test]
fn every_tls_context_takes_svid_and_bundle_from_files_that_rotate() {
    for bootstrap in bootstraps() {
        for context in of_type(&bootstrap, "TlsContext") {
            let common = at(context, "/common_tls_context");
            assert_eq!(list(common, "/tls_certificate_sds_secret_configs").len(), 1);
            assert_eq!(at(common, "/tls_certificate_sds_secret_configs/0/name"), "svid");
            assert!(common.get("tls_certificates").is_none());
            assert!(common.get("validation_context").is_none());
            assert_eq!(at(common, "/tls_params/tls_minimum_protocol_version"), "TLSv1_2");
        }
    }
}

#[test]
fn every_connection_proves_its_identity_in_a_full_handshake() {
    for bootstrap in bootstraps() {
        for context in of_type(&bootstrap, "DownstreamTlsContext") {
            assert_eq!(at(context, "/disable_stateless_session_resumption"), true);
            assert_eq!(at(context, "/disable_stateful_session_resumption"), true);
        }
        for context in of_type(&bootstrap, "UpstreamTlsContext") {
            assert_eq!(at(context, "/max_session_keys"), 0);
        }
    }
}

#[test]
fn the_sds_documents_watch_the_folder_of_the_svid() {
    let [svid_document, bundle_document] = svid().sds_documents();
    let folder = svid().watched_directory;
    for (document, pointer) in [
        (
            &svid_document,
            "/resources/0/tls_certificate/watched_directory/path",
        ),
        (
            &bundle_document,
            "/resources/0/validation_context/watched_directory/path",
        ),
    ] {
        assert_eq!(at(&document.document, pointer), folder.as_str());
    }
}

#[test]
fn federated_trust_domains_have_bundles_of_their_own_and_no_common_one() {
    let [_, bundles] = federated_svid().sds_documents();
    let context = at(&bundles.document, "/resources/0/validation_context");
    let validator = at(context, "/custom_validator_config");
    assert_eq!(at(validator, "/name"), "envoy.tls.cert_validator.spiffe");
    let file = at(validator, "/typed_config/trust_bundles");
    assert_eq!(at(file, "/filename"), "/run/spiffe-authz/svid/svid_bundles.json");
    assert_eq!(at(file, "/watched_directory/path"), "/run/spiffe-authz/svid");
    assert!(context.get("trusted_ca").is_none());
}
