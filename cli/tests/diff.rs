//! `spiffe-authz diff`: what is told of two policy sets, and exit codes.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failed test panics")]

use std::path::Path;

use snapbox::assert_data_eq;
use snapbox::cmd::{Command, cargo_bin};

const OLD: &str = "orders.yaml";
const NEW: &str = "diff-orders-new.yaml";

/// The command in the folder of the examples.
fn diff(arguments: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Command::new(cargo_bin!("spiffe-authz"))
        .arg("diff")
        .args(arguments)
        .current_dir(root.join("docs/cli/examples"))
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = diff(arguments).args(["--format", "json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_same_policies_change_no_decision_and_end_with_0() {
    let answer = diff(&[OLD, OLD]).assert().code(0);
    let text = String::from_utf8(answer.get_output().stdout.clone()).unwrap();
    assert!(text.starts_with("no decision changes\n"), "{text}");
}

#[test]
fn what_is_newly_allowed_ends_with_4() {
    diff(&[OLD, NEW]).assert().code(4);
}

#[test]
fn what_is_only_newly_denied_ends_with_0_unless_any_change_is_a_failure() {
    let answer = json(&[NEW, OLD]);
    let allowed = answer["newlyAllowed"].as_u64().unwrap();
    let denied = answer["newlyDenied"].as_u64().unwrap();
    assert!(denied > 0, "{answer:#}");
    diff(&[NEW, OLD]).assert().code(if allowed > 0 { 4 } else { 0 });
    diff(&[NEW, OLD, "--fail-on", "any"]).assert().code(4);
    diff(&[OLD, NEW, "--fail-on", "none"]).assert().code(0);
}

#[test]
fn a_file_that_is_not_there_ends_with_1_and_an_invalid_one_with_3() {
    diff(&[OLD, "nowhere.yaml"]).assert().code(1);
    let folder = tempfile::tempdir().unwrap();
    let invalid = folder.path().join("invalid.yaml");
    std::fs::write(&invalid, "profile: nothing\nresources: []\n").unwrap();
    diff(&[OLD, invalid.to_str().unwrap()]).assert().code(3);
}

#[test]
fn each_change_has_an_example_both_decisions_and_the_rule() {
    let answer = json(&[OLD, NEW]);
    let change = &answer["workloads"][0]["changes"][0];
    assert_data_eq!(
        format!("{:#}\n", change["example"]),
        snapbox::str![[r#"
{
  "method": "DELETE",
  "path": "/orders/",
  "peer": {
    "spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"
  }
}

"#]]
    );
    assert_eq!(change["change"], "newly-allowed");
    assert_eq!(change["old"]["cause"], "no-matching-allow");
    assert_eq!(change["new"]["policy"], "shop/orders");
    assert_eq!(answer["complete"], true, "{answer:#}");
}

#[test]
fn documents_without_a_workload_are_compared_for_every_workload_that_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, path: &str| {
        let text = format!(
            "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: a, namespace: shop}}\n\
             spec:\n  selector: {{matchLabels: {{app: orders}}}}\n  rules: [{{to: [{{operation: {{paths: [{path}]}}}}]}}]\n"
        );
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let answer = json(&[&write("old.yaml", "/a"), &write("new.yaml", "/b")]);
    let labels: Vec<&str> = answer["workloads"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|section| section["workloads"].as_array().unwrap())
        .map(|workload| workload["label"].as_str().unwrap())
        .collect();
    for expected in [
        "namespace shop, app=orders",
        "namespace shop, any other workload",
        "any other namespace, any other workload",
    ] {
        assert!(labels.contains(&expected), "{labels:?}");
    }
}
