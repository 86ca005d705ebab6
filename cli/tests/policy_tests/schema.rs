//! The schema of a test file, held against the command.

use super::*;
use crate::workloads::WORKLOADS;

fn schema() -> jsonschema::Validator {
    let path = root().join("docs/schema/policy-tests.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn yaml(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn the_schema_admits_what_the_command_admits() {
    let schema = schema();
    let names = ["orders.test.yaml", "orders-wrong.test.yaml"];
    let mut texts: Vec<String> = names
        .map(|name| std::fs::read_to_string(examples().join(name)).unwrap())
        .into();
    texts.extend([
        WORKLOADS.to_owned(),
        one_case("{peer: null, headers: [[a, b]]}", "deny"),
    ]);
    for text in texts {
        let errors: Vec<String> = schema
            .iter_errors(&yaml(&text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?} in {text}");
    }
}

#[test]
fn the_schema_refuses_what_the_command_refuses() {
    let schema = schema();
    let case = "cases: [{name: a, request: {}, expect: deny}]";
    for text in [
        case.to_owned(),
        "policies: {config: orders.yaml}".to_owned(),
        format!("policies: {{}}\n{case}"),
        format!("policies: {{config: a, files: [b]}}\n{case}"),
        format!("policies: {{configuration: {{}}, profile: istio}}\n{case}"),
        format!("policies: {{config: orders.yaml, profile: strict}}\n{case}"),
        format!("policies: {{config: orders.yaml, labels: {{a: b}}}}\n{case}"),
        format!("policies: {{config: orders.yaml}}\nworkload: a\n{case}"),
        format!("policies: {{config: orders.yaml}}\nworkloads: {{}}\n{case}"),
        one_case("{pathh: /}", "deny"),
        one_case("{headers: [[a]]}", "deny"),
        one_case("{destination: {port: 65536}}", "deny"),
        one_case("{}", "denied"),
        one_case("{}", "{policy: a/b}"),
        one_case("{}", "{decision: allow, rule: 0}"),
        one_case("{}", "{decision: allow, rules: 0}"),
    ] {
        assert!(!schema.is_valid(&yaml(&text)), "{text}");
        let folder = Folder::new(&[("a.test.yaml", &text)]);
        folder.run(&["a.test.yaml"]).code(1);
    }
}

#[test]
fn the_schema_knows_every_cause() {
    let path = root().join("docs/schema/policy-tests.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut known: Vec<&str> = schema["$defs"]["cause"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause.as_str().unwrap())
        .collect();
    let mut causes: Vec<&str> = Cause::all().iter().map(|cause| cause.code).collect();
    known.sort_unstable();
    causes.sort_unstable();
    causes.dedup();
    assert_eq!(known, causes);
}
