//! What cannot apply to the sidecars of a selection can be left out, and no decision changes.
#![cfg(all(feature = "stated", not(target_arch = "wasm32")))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod common;
#[allow(dead_code, reason = "each test file uses its part")]
mod strategies;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use common::{authorization_policy, compile, config, peer_authentication};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use spiffe_authz_policy::{Document, Limits, PolicySet, SidecarSelection, StatedConfiguration};
use strategies::{exception, plain_request, policies};

const NAMESPACES: &[&str] = &["shop", "bank", "istio-system"];
const LABELS: &[(&str, &str)] = &[
    ("app", "orders"),
    ("app", "stock"),
    ("version", "v1"),
    ("version", "v2"),
];

type Labels = BTreeMap<String, String>;

fn labels() -> impl Strategy<Value = Labels> {
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let some = prop::collection::vec(prop::sample::select(LABELS), 0..3);
    some.prop_map(move |list| list.into_iter().map(owned).collect())
}

/// Where a resource lies, and whom it selects.
fn place() -> impl Strategy<Value = (&'static str, Option<Labels>)> {
    (prop::sample::select(NAMESPACES), prop::option::of(labels()))
}

/// Policies with an exception among them, and PeerAuthentications, all over the mesh. The policy that the exception lifts
/// is `shop/p0`, which selects whom it will.
fn resources() -> impl Strategy<Value = Vec<Value>> {
    let places = || prop::collection::vec(place(), 6);
    let mode = prop::sample::select(&["STRICT", "PERMISSIVE"][..]);
    let modes = prop::collection::vec((place(), mode), 0..3);
    (
        policies(),
        exception(),
        places(),
        prop::option::of(labels()),
        modes,
    )
        .prop_map(|(specs, exception, places, deny, modes)| {
            let first = (json!({"action": "DENY", "rules": [{}]}), ("shop", deny));
            let last = (exception, ("shop", places[5].1.clone()));
            let others = specs.into_iter().zip(places);
            let all = std::iter::once(first).chain(others).chain([last]);
            let policies = all.enumerate().map(|(index, (spec, place))| {
                let policy = authorization_policy(&format!("p{index}"), spec);
                placed(policy, place)
            });
            let modes = modes.into_iter().enumerate().map(|(index, (place, mode))| {
                let spec = json!({"mtls": {"mode": mode}});
                placed(peer_authentication("", &format!("m{index}"), spec), place)
            });
            policies.chain(modes).collect()
        })
}

fn placed(mut resource: Value, (namespace, selector): (&str, Option<Labels>)) -> Value {
    resource["metadata"]["namespace"] = namespace.into();
    if let Some(selector) = selector {
        resource["spec"]["selector"] = json!({"matchLabels": selector});
    }
    resource
}

/// For a sidecar of this namespace with these labels.
fn set(profile: &str, resources: &[Value], namespace: &str, labels: &Labels) -> PolicySet {
    let mut config = config(profile, resources);
    config["workload"] = json!({"namespace": namespace, "labels": labels});
    compile(&config).unwrap_or_else(|errors| panic!("{errors}"))
}

fn out_of_reach(resources: &[Value], sidecars: &SidecarSelection) -> BTreeSet<usize> {
    let text = json!({"resources": resources}).to_string();
    let document = Document::from_json(text.as_bytes(), Limits::default()).unwrap();
    StatedConfiguration::read(&document)
        .unwrap()
        .out_of_reach(sidecars)
}

fn without(resources: &[Value], left_out: &BTreeSet<usize>) -> Vec<Value> {
    let all = resources.iter().enumerate();
    let kept = all.filter(|(index, _)| !left_out.contains(index));
    kept.map(|(_, resource)| resource.clone()).collect()
}

#[test]
fn what_is_left_out_changes_no_decision_for_any_sidecar_of_the_selection() {
    let left_out = Cell::new(0_usize);
    let namespace = || prop::sample::select(&["shop", "bank"][..]);
    let profile = prop::sample::select(&["zero-trust", "istio"][..]);
    let sidecar = (namespace(), labels(), labels(), prop::bool::ANY);
    let requests = prop::collection::vec(plain_request(), 4);
    let mut runner = TestRunner::new(Config::with_cases(250));
    let outcome = runner.run(
        &(profile, resources(), sidecar, requests),
        |(profile, resources, (namespace, more, selected, everywhere), requests)| {
            let sidecars = SidecarSelection {
                namespace: (!everywhere).then(|| namespace.to_owned()),
                labels: selected.clone(),
            };
            let beyond = out_of_reach(&resources, &sidecars);
            left_out.set(left_out.get().max(beyond.len()));
            let labels: Labels = more.into_iter().chain(selected).collect();
            let whole = set(profile, &resources, namespace, &labels);
            let pruned = set(profile, &without(&resources, &beyond), namespace, &labels);
            for request in requests {
                let decided = |set: &PolicySet| request.judge(|_| {}, |r| format!("{:?}", set.decide(r)));
                prop_assert_eq!(decided(&whole), decided(&pruned));
            }
            Ok(())
        },
    );
    outcome.unwrap();
    assert!(left_out.get() > 3, "too little was left out to say anything");
}

fn selection(namespace: Option<&str>, labels: &[(&str, &str)]) -> SidecarSelection {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    SidecarSelection {
        namespace: namespace.map(str::to_owned),
        labels: labels.iter().map(owned).collect(),
    }
}

fn select(namespace: &str, labels: &[(&str, &str)]) -> Value {
    let labels = selection(None, labels).labels;
    let policy = authorization_policy("p", json!({"action": "DENY", "rules": [{}]}));
    placed(policy, (namespace, Some(labels)))
}

#[test]
fn another_namespace_or_another_value_of_a_known_label_is_out_of_reach() {
    let mut resources = [
        select("shop", &[("app", "orders")]),
        select("shop", &[("app", "stock")]),
        select("bank", &[("app", "orders")]),
        select("istio-system", &[("app", "stock")]),
    ];
    resources[1]["metadata"]["name"] = "q".into();
    let orders = selection(Some("shop"), &[("app", "orders")]);
    assert_eq!(out_of_reach(&resources, &orders), BTreeSet::from([1, 2, 3]));
}

#[test]
fn a_label_that_is_not_known_keeps_a_policy_within_reach() {
    let resources = [select("shop", &[("app", "orders"), ("version", "v2")])];
    let orders = selection(Some("shop"), &[("app", "orders")]);
    assert!(out_of_reach(&resources, &orders).is_empty());
}

#[test]
fn for_every_sidecar_of_the_mesh_nothing_is_out_of_reach() {
    let resources = [
        select("shop", &[("app", "orders")]),
        select("bank", &[("app", "stock")]),
    ];
    assert!(out_of_reach(&resources, &selection(None, &[])).is_empty());
}

#[test]
fn a_policy_that_an_exception_lifts_stays_with_it() {
    let exception = authorization_policy(
        "stays",
        json!({"rules": [{}], "exception": {"until": "2999-01-01T00:00:00Z", "lifts": ["shop/p"]}}),
    );
    let resources = [select("shop", &[("app", "stock")]), exception];
    let orders = selection(Some("shop"), &[("app", "orders")]);
    assert!(out_of_reach(&resources, &orders).is_empty());
}
