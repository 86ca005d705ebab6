//! A configuration as native RBAC filters: for every field of Istio the matcher that Istio generates for it.

mod conditions;
mod layers;
mod operations;
mod refusals;
mod rules;
mod sources;
mod tcp;

use serde_json::{Value, json};
use spiffe_authz_policy::{Document, NativeRbac, Workload};

const ORDERS: &str = "ns[shop]-policy[orders]-rule[0]";

/// A configuration of one policy in the namespace `shop`.
fn configuration(spec: Value) -> Value {
    let metadata = json!({"name": "orders", "namespace": "shop"});
    with_resources(json!([policy(metadata, spec)]))
}

fn policy(metadata: Value, spec: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata,
        "spec": spec,
    })
}

fn with_resources(resources: Value) -> Value {
    json!({
        "profile": "istio",
        "mesh": {"trustDomain": "td.example", "trustDomainAliases": ["old.example"]},
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": resources,
    })
}

fn render(configuration: &Value) -> Result<NativeRbac, Vec<String>> {
    let document: Document = serde_json::from_value(configuration.clone()).unwrap();
    NativeRbac::render(&document, None::<Workload>)
        .map_err(|errors| errors.iter().map(|error| error.at.clone()).collect())
}

fn rendered(configuration: &Value) -> NativeRbac {
    render(configuration).unwrap_or_else(|places| panic!("refused at {places:?}"))
}

/// The only rule of an ALLOW policy, on an HTTP chain.
fn rule(rule: Value) -> Value {
    let rbac = rendered(&configuration(json!({"rules": [rule]})));
    rbac.http_filters[0]["typed_config"]["rules"]["policies"][ORDERS].clone()
}

/// The parts of the only principal.
fn source(source: Value) -> Value {
    rule(json!({"from": [{"source": source}]}))["principals"][0]["and_ids"]["ids"].clone()
}

/// The parts of the only permission.
fn operation(operation: Value) -> Value {
    rule(json!({"to": [{"operation": operation}]}))["permissions"][0]["and_rules"]["rules"].clone()
}

/// The parts of a condition on who asks.
fn principal_when(key: &str, values: &[&str]) -> Value {
    let rule = rule(json!({"when": [{"key": key, "values": values}]}));
    assert_eq!(
        rule["permissions"],
        json!([{"and_rules": {"rules": [{"any": true}]}}])
    );
    rule["principals"][0]["and_ids"]["ids"].clone()
}

/// The parts of a condition on what is asked for.
fn permission_when(key: &str, values: &[&str]) -> Value {
    let rule = rule(json!({"when": [{"key": key, "values": values}]}));
    assert_eq!(rule["principals"], json!([{"and_ids": {"ids": [{"any": true}]}}]));
    rule["permissions"][0]["and_rules"]["rules"].clone()
}

fn peers(matchers: Value) -> Value {
    let peer = |name: &Value| json!({"authenticated": {"principal_name": name}});
    let ids: Vec<Value> = matchers.as_array().unwrap().iter().map(peer).collect();
    json!([{"or_ids": {"ids": ids}}])
}

fn regexes(expressions: &[&str]) -> Value {
    expressions
        .iter()
        .map(|regex| json!({"safe_regex": {"regex": regex}}))
        .collect()
}

/// A policy of this name and action, in a dry run or not.
fn named(name: &str, action: &str, dry_run: bool) -> Value {
    let annotations = json!({"istio.io/dry-run": dry_run.to_string()});
    let mut metadata = json!({"name": name, "namespace": "shop"});
    if dry_run {
        metadata["annotations"] = annotations;
    }
    policy(metadata, json!({"action": action, "rules": [{}]}))
}
