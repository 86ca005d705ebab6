//! The listener for whoever scrapes the metrics.

use serde_json::{Value, json};
use spiffe_authz_envoy_config::weak_points::{self, WeakPoint};
use spiffe_authz_envoy_config::{InboundTransport, Sidecar};

use crate::fixture;

fn bootstrap() -> Value {
    let sidecar = fixture::orders(InboundTransport::Strict, fixture::from_file());
    let metrics = Some("0.0.0.0:15090".parse().unwrap());
    Sidecar { metrics, ..sidecar }.bootstrap()
}

fn last(bootstrap: &mut Value, kind: &str) -> Value {
    let list = bootstrap.pointer(&format!("/static_resources/{kind}")).unwrap();
    list.as_array().unwrap().last().unwrap().clone()
}

#[test]
fn it_is_there_where_it_is_asked_for_and_weakens_nothing() {
    let mut bootstrap = bootstrap();
    assert_eq!(weak_points::of_bootstrap(&bootstrap), []);
    assert_eq!(last(&mut bootstrap, "listeners")["name"], "spiffe_authz_metrics");
    let without = fixture::orders(InboundTransport::Strict, fixture::from_file()).bootstrap();
    assert!(!without.to_string().contains("spiffe_authz_metrics"));
}

#[test]
fn a_cluster_of_its_name_that_reaches_something_else_is_a_weak_point() {
    let mut bootstrap = bootstrap();
    let clusters = bootstrap.pointer_mut("/static_resources/clusters").unwrap();
    let cluster = clusters.as_array_mut().unwrap().last_mut().unwrap();
    let port = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address/port_value";
    *cluster.pointer_mut(port).unwrap() = json!(8080);
    let found = weak_points::of_bootstrap(&bootstrap);
    assert_eq!(found[0].weak_point, WeakPoint::Unguarded);
}

#[test]
fn a_route_to_more_than_the_metrics_is_a_weak_point() {
    let mut bootstrap = bootstrap();
    let mut listener = last(&mut bootstrap, "listeners");
    let route = "/filter_chains/0/filters/1/typed_config/route_config/virtual_hosts/0/routes/0/match";
    *listener.pointer_mut(route).unwrap() = json!({"prefix": "/stats"});
    let found = weak_points::of_listener(&listener);
    assert!(
        found
            .iter()
            .any(|finding| finding.weak_point == WeakPoint::Unguarded),
        "{found:?}"
    );
}
