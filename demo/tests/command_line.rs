//! The command without an Envoy: what it says when there is nothing to do or something is missing.

#![allow(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::path::PathBuf;
use std::process::{Command, Output};

fn folder(test: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()))
}

fn demo(test: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz-demo"))
        .args(arguments)
        .arg("--directory")
        .arg(folder(test))
        .env_remove("ENVOY_BIN")
        .output()
        .unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn ending_a_mesh_that_is_not_up_is_no_error() {
    for _ in 0..2 {
        let output = demo("down", &["down"]);
        assert!(output.status.success(), "{}", errors(&output));
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("No mesh is up in "));
    }
}

#[test]
fn the_table_of_a_mesh_that_is_not_up_is_an_error_that_names_the_remedy() {
    let output = demo("rows", &["rows"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors(&output).contains("`make demo-up` starts one"),
        "{}",
        errors(&output)
    );
}

#[test]
fn a_missing_filter_or_envoy_is_named_with_its_remedy() {
    let table: [(&[&str], &str); 3] = [
        (&["run"], "no Envoy is named"),
        (
            &["run", "--envoy", "/no/such/envoy"],
            "the Envoy binary `/no/such/envoy` is not there",
        ),
        (
            &["up", "--envoy", "/bin/sh", "--filter", "/no/such/filter.wasm"],
            "build it by `make wasm`",
        ),
    ];
    for (arguments, message) in table {
        let output = demo("missing", arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(errors(&output).contains(message), "{}", errors(&output));
    }
}

#[test]
fn an_envoy_that_does_not_start_is_an_error_and_leaves_no_state() {
    let table = [
        ("run", "error: frontend's Envoy ended before it served: "),
        ("up", "the mesh did not come up"),
    ];
    for (command, message) in table {
        // A filter that is there, and in the place of Envoy a program that knows none of its options.
        let filter = env!("CARGO_BIN_EXE_spiffe-authz-demo");
        let output = demo("broken", &[command, "--envoy", "/bin/sh", "--filter", filter]);
        assert_eq!(output.status.code(), Some(1));
        assert!(errors(&output).contains(message), "{}", errors(&output));
        assert!(!folder("broken").join("state.json").exists());
    }
}

#[test]
fn a_migration_without_the_command_it_asks_names_the_remedy() {
    let output = demo("migrate", &["migrate", "--spiffe-authz", "/no/such/command"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = errors(&output);
    assert!(
        errors.contains("the command `/no/such/command` is not there; build it by"),
        "{errors}"
    );
}
