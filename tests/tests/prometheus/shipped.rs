//! The files in `envoy-config/observability/`.

use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;
use spiffe_authz_tests::workspace;

pub fn path(name: &str) -> PathBuf {
    workspace::root().join("envoy-config/observability").join(name)
}

pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// A YAML file as JSON.
pub fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap()
}

pub fn dashboard() -> Value {
    serde_json::from_str(&text("dashboard.json")).unwrap()
}

/// The names of metrics in an expression.
pub fn metrics_in(expression: &str) -> Vec<String> {
    let name = Regex::new(r"\b(spiffe_authz|envoy)_[a-z0-9_]+\b").unwrap();
    let is_metric = |at: usize| matches!(expression[at..].chars().next(), Some('{' | '[' | ')' | ' '));
    name.find_iter(expression)
        .filter(|found| is_metric(found.end()))
        .map(|found| found.as_str().to_owned())
        .filter(|name| !matches!(name.as_str(), "envoy_tls_certificate"))
        .collect()
}
