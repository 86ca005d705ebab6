//! What the lints say of the configurations that the repository itself shows: what is named here, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::lints;

fn told(path: &str) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    let told = lints(&fs::read_to_string(path).unwrap());
    told.iter()
        .map(|lint| format!("{} {}", lint.code, lint.at))
        .collect()
}

#[test]
fn the_policies_of_the_demo_leave_plaintext_open_where_they_say_so() {
    let expected = [
        "plaintext-open resources[1].spec.mtls.mode",
        "deny-widens-on-tcp resources[2].spec.rules[0]",
    ];
    assert_eq!(told("demo/policies.yaml"), expected);
}

#[test]
fn the_example_of_the_command_line_has_one_note() {
    let expected = ["deny-widens-on-tcp resources[1].spec.rules[0]"];
    assert_eq!(told("docs/cli/examples/orders.yaml"), expected);
}
