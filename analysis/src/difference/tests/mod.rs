//! What is said of two policy sets.

mod changes;
mod complete;

use serde_json::{Value, json};
use spiffe_authz_policy::{Document, Limits, StatedConfiguration, Workload};

use crate::difference::{Change, Direction, Side, Target, TargetDifference, compare};

pub(super) const FRONTEND: &str = "cluster.local/ns/shop/sa/frontend";

pub(super) fn side(configuration: &Value) -> Side {
    let text = configuration.to_string();
    let document = Document::from_json(text.as_bytes(), Limits::default()).unwrap();
    let stated = StatedConfiguration::read(&document);
    let stated = stated.unwrap_or_else(|errors| panic!("{errors}\n{configuration}"));
    Side::new(&document, stated)
}

pub(super) fn orders() -> Target {
    Target {
        workload: Workload {
            namespace: "shop".to_owned(),
            labels: [("app".to_owned(), "orders".to_owned())].into(),
            waypoint: None,
        },
        label: "orders".to_owned(),
    }
}

pub(super) fn policy(name: &str, spec: Value) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
           "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
}

pub(super) fn mtls(mode: &str) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
           "metadata": {"name": "default", "namespace": "shop"}, "spec": {"mtls": {"mode": mode}}})
}

/// A rule for a peer, methods and paths.
pub(super) fn rule(principal: &str, methods: &[&str], paths: &[&str]) -> Value {
    json!({"from": [{"source": {"principals": [principal]}}],
           "to": [{"operation": {"methods": methods, "paths": paths}}]})
}

pub(super) fn set(resources: &[Value]) -> Value {
    json!({"resources": resources})
}

pub(super) fn difference(old: &Value, new: &Value) -> TargetDifference {
    compare(&side(old), &side(new), &orders(), &mut |_, _| {}).unwrap_or_else(|error| panic!("{error}"))
}

/// Each change in one line.
pub(super) fn lines(difference: &TargetDifference) -> Vec<String> {
    difference.changes.iter().map(line).collect()
}

fn line(change: &Change) -> String {
    let sign = match change.direction {
        Direction::NewlyAllowed => "+",
        Direction::NewlyDenied => "-",
    };
    let mut line = format!("{sign} {}", change.scene);
    for described in &change.requests {
        let but = if described.is_all_but { " any but" } else { "" };
        line.push_str(&format!(
            "; {}:{but} {}",
            described.dimension,
            described.values.join(" | ")
        ));
    }
    format!("{line} => {} > {}", change.old.cause, change.new.cause)
}
