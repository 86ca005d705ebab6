//! The inventory: what it takes, and what the lints say by it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

mod common;

use spiffe_authz_analysis::inventory::Inventory;
use spiffe_authz_analysis::lint::lint;

use common::{document, stated};

fn errors(yaml: &str) -> Vec<String> {
    let errors = Inventory::read(&document(yaml)).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn every_mistake_of_an_inventory_is_told_with_its_place() {
    let yaml = "spiffeIds: [spiffe://TD/a, 3]\nnamespaces: shop\nserviceAccounts: [shop]\nworkloads: [{labels: {a: 1}, name: x}]\nmore: 1";
    let expected = [
        "more: unknown field, expected `spiffeIds`, `namespaces`, `serviceAccounts` or `workloads`",
        "namespaces: expected a list",
        "serviceAccounts[0]: `shop` is not a service account, as `namespace/name`",
        "spiffeIds[0]: `spiffe://TD/a` is not a SPIFFE ID, such as `spiffe://cluster.local/ns/shop/sa/orders`",
        "spiffeIds[1]: expected a text",
        "workloads[0].labels.a: expected a text",
        "workloads[0].name: unknown field, expected `namespace`, `labels` or `serviceAccount`",
        "workloads[0]: a workload has a `namespace`",
    ];
    assert_eq!(errors(yaml), expected);
}

#[test]
fn what_is_no_map_is_no_inventory() {
    assert_eq!(errors("[a]"), ["inventory: expected a map"]);
}

#[test]
fn of_a_field_that_is_not_given_nothing_is_unknown() {
    let inventory = Inventory::read(&document("{}")).unwrap();
    assert_eq!(inventory, Inventory::default());
    assert!(told("{}").is_empty());
}

fn told(inventory: &str) -> Vec<String> {
    let configuration = stated(
        "mesh: {trustDomain: td, trustDomainAliases: [old]}
resources:
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: orders, namespace: shop}
    spec:
      selector: {matchLabels: {app: orders}}
      rules:
        - from: [{source: {principals: [td/ns/shop/sa/web]}}, {source: {namespaces: [pay, 'p*']}}]
        - from: [{source: {serviceAccounts: [web]}}]",
    );
    let inventory = Inventory::read(&document(inventory)).unwrap();
    let lints = lint(&configuration, Some(&inventory), None).lints;
    let without = lint(&configuration, None, None).lints;
    let new = lints.into_iter().filter(|lint| !without.contains(lint));
    new.map(|lint| format!("{}: {}", lint.code, lint.help.unwrap()))
        .collect()
}

#[test]
fn a_name_that_is_unknown_is_told_with_the_one_that_is_near() {
    assert_eq!(
        told("spiffeIds: ['spiffe://td/ns/shop/sa/wed']"),
        ["unknown-identity: write `td/ns/shop/sa/wed` if that is meant, or add it to the inventory"]
    );
    assert_eq!(
        told("namespaces: [shop, pai]"),
        ["unknown-namespace: write `pai` if that is meant, or add it to the inventory"]
    );
    assert_eq!(
        told("serviceAccounts: [shop/orders]"),
        ["unknown-service-account: correct it, or add it to the inventory"]
    );
    assert_eq!(
        told("workloads: [{namespace: other, labels: {app: orders}}]"),
        ["selects-nobody: correct the labels, or add the workload to the inventory"]
    );
}

#[test]
fn an_identity_is_known_under_any_name_of_the_mesh() {
    assert!(told("spiffeIds: ['spiffe://old/ns/shop/sa/web']").is_empty());
    assert!(told("workloads: [{namespace: shop, labels: {app: orders, v: '1'}}]").is_empty());
}
