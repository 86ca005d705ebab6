//! `envoy-config/istio/chart`: what it makes of its values is what `render istio` writes, document for document.
//!
//! No Helm takes part: [`template`] renders the subset of its language that the chart is written in, and refuses the rest.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a failed test panics"
)]

mod template;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy-config/istio")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(shipped().join(name)).unwrap()
}

fn values() -> Value {
    serde_saphyr::from_str(&read("chart/values.yaml")).unwrap()
}

/// By kind, namespace and name, because Helm applies in an order of its own.
fn sorted(documents: Vec<Value>) -> BTreeMap<String, Value> {
    let name = |document: &Value| format!("{} {}", document["kind"], document["metadata"]);
    let named = documents.into_iter().map(|document| (name(&document), document));
    named.collect()
}

/// What the chart makes of its values in a namespace.
fn charted(values: &Value, namespace: &str) -> BTreeMap<String, Value> {
    let given = json!({"Values": values, "Release": {"Name": "guard", "Namespace": namespace}});
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(shipped().join("chart/templates")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let rendered = template::render(&text, &given);
        if !rendered.trim().is_empty() {
            documents.extend(serde_saphyr::from_multiple::<Value>(&rendered).unwrap());
        }
    }
    documents.retain(|document| !document.is_null());
    sorted(documents)
}

/// What the command makes of the same.
fn rendered(more: &[&str]) -> BTreeMap<String, Value> {
    let values = values();
    let text = |pointer| {
        values
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap()
            .to_owned()
    };
    let output = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["render", "istio", "--config", "policies.yaml", "--format", "json"])
        .args(["--image", &text("/image/url"), "--sha256", &text("/image/sha256")])
        .args(more)
        .current_dir(shipped())
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    sorted(list["items"].as_array().unwrap().clone())
}

fn is_valid(values: &Value) -> bool {
    let schema = serde_json::from_str(&read("chart/values.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap().is_valid(values)
}

#[test]
fn the_chart_makes_of_its_values_what_the_command_renders() {
    assert_eq!(charted(&values(), "istio-system"), rendered(&["--tcp", "5432"]));
}

#[test]
fn with_traffic_extensions_it_makes_what_the_command_renders_of_them() {
    let mut values = values();
    values["api"] = json!("TrafficExtension");
    let flags = ["--api", "trafficextension", "--tcp", "5432"];
    assert_eq!(charted(&values, "istio-system"), rendered(&flags));
}

#[test]
fn without_ports_nothing_of_tcp_is_made() {
    let mut values = values();
    values["tcpPorts"] = json!([]);
    assert_eq!(charted(&values, "istio-system"), rendered(&[]));
    values["api"] = json!("TrafficExtension");
    assert_eq!(
        charted(&values, "istio-system"),
        rendered(&["--api", "trafficextension"])
    );
}

#[test]
fn a_selector_is_in_every_document_that_has_one() {
    let mut values = values();
    values["selector"] = json!({"app": "orders"});
    let flags = [
        "--tcp",
        "5432",
        "--namespace",
        "istio-system",
        "--labels",
        "app=orders",
    ];
    let (mut charted, mut rendered) = (charted(&values, "istio-system"), rendered(&flags));
    // The command leaves out what cannot apply; the chart has no engine that could say so.
    for document in charted.values_mut().chain(rendered.values_mut()) {
        if let Some(resources) = document.pointer_mut("/spec/pluginConfig/resources") {
            resources
                .as_array_mut()
                .unwrap()
                .retain(|one| one["metadata"]["name"] != "ledger");
        }
    }
    assert_eq!(charted, rendered);
}

#[test]
fn the_values_are_valid_and_mistakes_in_them_are_not() {
    let values = values();
    assert!(is_valid(&values));
    for (place, mistake) in [
        ("/name", json!("Upper")),
        ("/api", json!("EnvoyFilter")),
        ("/image/url", json!("registry.example/spiffe-authz")),
        ("/image/sha256", json!("sha256:00")),
        ("/selector", json!(["app"])),
        ("/tcpPorts", json!([0])),
        ("/configuration/profile", json!("strict")),
        ("/configuration/resources", json!([])),
        ("/image", json!({"url": "oci://a/b"})),
    ] {
        let mut wrong = values.clone();
        *wrong.pointer_mut(place).unwrap() = mistake;
        assert!(!is_valid(&wrong), "{place}");
    }
}
