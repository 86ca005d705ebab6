//! `spiffe-authz diff`: what is told of two policy sets, and exit codes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

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

/// An AuthorizationPolicy for the orders of the shop.
fn policy_document(rule: &str) -> String {
    format!(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: orders, namespace: shop}}\n\
         spec:\n  selector: {{matchLabels: {{app: orders}}}}\n  rules: [{rule}]\n"
    )
}

/// Old and new documents in files of a folder.
fn documents(folder: &Path, rules: [&str; 2]) -> [String; 2] {
    let names = ["old documents.yaml", "new documents.yaml"];
    let mut written = names.iter().zip(rules).map(|(name, rule)| {
        let file = folder.join(name);
        std::fs::write(&file, policy_document(rule)).unwrap();
        file.to_str().unwrap().to_owned()
    });
    [written.next().unwrap(), written.next().unwrap()]
}

/// Runs the line of each example in a shell, and compares what is decided with what was told of the new policies.
fn examples_are_decided_as_told(arguments: &[&str]) {
    let text = diff(arguments).args(["--limit", "1000"]).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("for example"))
        .map(str::trim)
        .collect();
    let told = json(arguments);
    let sections = told["workloads"].as_array().unwrap().iter();
    let changes: Vec<&serde_json::Value> = sections
        .flat_map(|section| section["changes"].as_array().unwrap())
        .collect();
    assert!(!lines.is_empty() && lines.len() == changes.len(), "{text}");
    for (line, change) in lines.iter().zip(changes) {
        let answer = pasted(line);
        for field in ["decision", "cause"] {
            assert_eq!(answer[field], change["new"][field], "{line}\n{answer:#}");
        }
    }
}

/// The answer of `explain` in JSON to a line that a person pastes into a shell.
fn pasted(line: &str) -> serde_json::Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = cargo_bin!("spiffe-authz").parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("{line} --format json")])
        .env("PATH", path)
        .current_dir(root.join("docs/cli/examples"))
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{line}\n{error}"))
}

#[test]
fn the_line_of_an_example_can_be_pasted_for_a_plugin_configuration() {
    examples_are_decided_as_told(&[OLD, NEW]);
    examples_are_decided_as_told(&[OLD, NEW, "--profile", "istio"]);
    examples_are_decided_as_told(&[
        OLD,
        NEW,
        "--namespace",
        "shop",
        "--labels",
        "app=orders,version=v1",
    ]);
}

#[test]
fn the_line_of_an_example_can_be_pasted_for_a_file_or_a_folder_of_documents() {
    let folder = tempfile::tempdir().unwrap();
    let rule = |path: &str| format!("{{to: [{{operation: {{methods: [GET], paths: [\"{path}\"]}}}}]}}");
    let [old, new] = documents(folder.path(), [&rule("/a"), &rule("/it's/*")]);
    examples_are_decided_as_told(&[&old, &new]);
    examples_are_decided_as_told(&[&old, &new, "--trust-domain", "mesh.example"]);
    let inner = folder.path().join("policies");
    std::fs::create_dir(&inner).unwrap();
    std::fs::copy(&new, inner.join("orders.yaml")).unwrap();
    examples_are_decided_as_told(&[&old, inner.to_str().unwrap()]);
}

#[test]
fn the_line_of_an_example_says_all_that_the_example_says() {
    let folder = tempfile::tempdir().unwrap();
    let conditions = [
        ("request.headers[x-role]", "admin", "it's \\\"me\\\""),
        ("request.auth.claims[groups]", "a", "b"),
        ("source.certificate.dnsSan", "a.shop", "b.shop"),
        ("connection.sni", "a.shop", "b.shop"),
        ("source.ip", "10.0.0.0/8", "10.0.0.0/9"),
        ("experimental.envoy.filters.network.ext[tier]", "a", "b"),
    ];
    for (key, old, new) in conditions {
        let rule = |value: &str| format!("{{when: [{{key: \"{key}\", values: [\"{value}\"]}}]}}");
        let [old, new] = documents(folder.path(), [&rule(old), &rule(new)]);
        examples_are_decided_as_told(&[&old, &new]);
    }
}

#[test]
fn what_was_not_looked_at_is_in_the_coverage_statement_in_json() {
    let folder = tempfile::tempdir().unwrap();
    let rule = |value: &str| {
        format!("{{when: [{{key: \"experimental.envoy.filters.http.jwt_authn[tier]\", values: [{value}]}}]}}")
    };
    let [old, new] = documents(folder.path(), [&rule("gold"), &rule("silver")]);
    let answer = json(&[&old, &new, "--namespace", "shop", "--labels", "app=orders"]);
    assert_eq!(answer["complete"], false);
    let coverage = &answer["workloads"][0]["coverage"];
    assert_eq!(
        coverage["notCovered"],
        serde_json::json!([
            "metadata envoy.filters.http.jwt_authn[tier]: not solved: the claims of a JWT stand in this namespace, and a \
             request has either them or metadata of its own; looked at as absent"
        ])
    );
    let text = diff(&[&old, &new]).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("\nnot covered: metadata envoy.filters.http.jwt_authn[tier]: not solved"),
        "{text}"
    );
}

#[test]
fn the_coverage_statement_in_json_has_the_values_and_classes_of_each_attribute() {
    let answer = json(&[OLD, NEW]);
    assert_eq!(answer["complete"], true);
    let coverage = &answer["workloads"][0]["coverage"];
    assert_eq!(coverage["notCovered"], serde_json::json!([]));
    let scenes = coverage["scenes"].as_array().unwrap();
    let names: Vec<&str> = scenes
        .iter()
        .map(|scene| scene["scene"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "HTTP, with a certificate",
            "HTTP, without a certificate",
            "TCP, with a certificate",
            "TCP, without a certificate"
        ]
    );
    for scene in scenes {
        let attributes = scene["attributes"].as_array().unwrap();
        let classes = attributes.iter().map(|one| one["classes"].as_u64().unwrap());
        assert_eq!(scene["combinations"], classes.product::<u64>().to_string());
        assert_eq!(scene["complete"], true);
    }
}
