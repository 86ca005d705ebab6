//! What is rendered has no weak point, and each change for the worse is found, at its place.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::weak_points::{self, WeakPoint};
use spiffe_authz_envoy_config::{ApplicationProtocol, InboundTransport, ecds_document};

use crate::fixture::{
    filter, from_file, inline, ledger, orders, plugin_configuration, tcp_plugin_configuration,
};
use mutation::{MANAGER, Mutation, a_lua_filter, at, found, http, remove};

mod guard;
mod interlock;
mod mutation;
mod plugin;
mod traffic;

fn mutations() -> Vec<Mutation> {
    let groups = [
        guard::of_the_chain(),
        guard::of_its_entries(),
        interlock::of_its_place(),
        interlock::of_its_rules(),
        plugin::of_its_message(),
        plugin::of_its_discovery(),
        traffic::of_paths(),
        traffic::of_routes(),
        traffic::of_connections(),
        traffic::of_certificates(),
    ];
    groups.into_iter().flatten().collect()
}

#[test]
fn whatever_is_rendered_has_no_weak_point() {
    for transport in [InboundTransport::Strict, InboundTransport::Permissive] {
        for source in [inline(), from_file()] {
            assert_eq!(found(&orders(transport, source.clone()).bootstrap()), []);
            assert_eq!(found(&ledger(transport, source).bootstrap()), []);
        }
    }
    let discovered = [
        (ApplicationProtocol::Http, plugin_configuration()),
        (ApplicationProtocol::Tcp, tcp_plugin_configuration()),
    ];
    for (protocol, configuration) in discovered {
        let document = ecds_document(&filter(from_file()), protocol, &configuration);
        assert_eq!(weak_points::of_discovery(&document), []);
    }
}

#[test]
fn the_committed_examples_have_no_weak_point() {
    let read = |name: &str| -> Value {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sidecar/");
        let text = std::fs::read_to_string(format!("{folder}{name}")).unwrap();
        serde_saphyr::from_str(&text).unwrap()
    };
    for name in ["strict.yaml", "permissive.yaml", "tcp.yaml"] {
        assert_eq!(found(&read(name)), [], "{name}");
    }
    for name in ["filter.ecds.yaml", "tcp-filter.ecds.yaml"] {
        assert_eq!(weak_points::of_discovery(&read(name)), [], "{name}");
    }
}

#[test]
fn each_change_for_the_worse_is_found_at_its_place() {
    for Mutation {
        name,
        weak_point,
        at,
        base,
        change,
    } in mutations()
    {
        let mut document = base;
        change(&mut document);
        let found = found(&document);
        assert!(
            found.contains(&(weak_point, at.clone())),
            "{name} at {at}: {found:?}"
        );
    }
}

#[test]
fn every_weak_point_has_a_change_that_makes_it() {
    let made: BTreeSet<WeakPoint> = mutations().iter().map(|mutation| mutation.weak_point).collect();
    assert_eq!(made, BTreeSet::from(WeakPoint::ALL));
    let codes: BTreeSet<&str> = WeakPoint::ALL.iter().map(|it| it.code()).collect();
    assert_eq!(codes.len(), WeakPoint::ALL.len());
}

#[test]
fn a_discovery_document_is_looked_at_too() {
    let document = ecds_document(
        &filter(from_file()),
        ApplicationProtocol::Http,
        &plugin_configuration(),
    );
    let mut open = document.clone();
    open["resources"][0]["typed_config"]["config"]["failure_policy"] = json!("FAIL_OPEN");
    let findings = weak_points::of_discovery(&open);
    assert_eq!(findings[0].at, "/resources/0/typed_config/config/failure_policy");
    assert_eq!(findings[0].weak_point, WeakPoint::FailsOpen);
    let mut other = document;
    other["resources"][0]["typed_config"] = a_lua_filter()["typed_config"].clone();
    assert_eq!(
        weak_points::of_discovery(&other)[0].weak_point,
        WeakPoint::OpenDiscovery
    );
}

#[test]
fn what_only_answers_needs_no_guard() {
    let mut document = http();
    let routes = format!("{MANAGER}/route_config/virtual_hosts/0/routes");
    *at(&mut document, &routes) = json!([{"match": {"prefix": "/"}, "direct_response": {"status": 404}}]);
    remove(&mut document, &format!("{MANAGER}/http_filters/0"));
    assert_eq!(found(&document), []);
}
