//! Colours, `NO_COLOR`, `--quiet`, and the verbs that print what others read: schema, completions, man.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failed test panics")]

use std::process::{Command, Output};

fn spiffe_authz(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"));
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    spiffe_authz(arguments).output().unwrap()
}

/// An error that has colours where colours are wanted.
const ERROR: [&str; 3] = ["svid", "inspect", "nowhere.pem"];

fn has_escapes(bytes: &[u8]) -> bool {
    bytes.contains(&0x1b)
}

#[test]
fn an_error_has_no_colours_where_standard_error_is_no_terminal() {
    let output = run(&ERROR);
    assert!(!has_escapes(&output.stderr));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn colours_that_are_asked_for_are_there_whatever_the_environment_says() {
    let asked = [&ERROR[..], &["--color", "always"]].concat();
    let output = spiffe_authz(&asked).env("NO_COLOR", "1").output().unwrap();
    assert!(has_escapes(&output.stderr));
}

#[test]
fn no_color_means_no_escape_code_anywhere() {
    for arguments in [&ERROR[..], &["--help"], &["svid", "--help"], &["no-such-verb"]] {
        let output = spiffe_authz(arguments).env("NO_COLOR", "1").output().unwrap();
        assert!(
            !has_escapes(&output.stdout) && !has_escapes(&output.stderr),
            "{arguments:?}"
        );
    }
}

#[test]
fn quiet_says_nothing_where_all_went_well_and_tells_an_error_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man");
    let loud = run(&["man", "--out", out.to_str().unwrap()]);
    assert!(!loud.stderr.is_empty());
    let quiet = run(&["man", "--quiet", "--out", out.to_str().unwrap()]);
    assert!(quiet.status.success() && quiet.stderr.is_empty() && quiet.stdout.is_empty());
    let error = run(&[&ERROR[..], &["--quiet"]].concat());
    assert!(!error.stderr.is_empty());
}

#[test]
fn each_kind_of_schema_is_json_of_the_2020_draft() {
    for kind in ["plugin-configuration", "istio", "policy-tests"] {
        let output = run(&["schema", "--for", kind]);
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{kind}");
    }
}

#[test]
fn each_shell_has_completions_of_every_verb() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        for verb in ["decide", "svid", "inspect", "schema", "man"] {
            assert!(script.contains(verb), "{shell}: {verb}");
        }
    }
    assert_eq!(run(&["completions", "no-such-shell"]).status.code(), Some(1));
}

#[test]
fn the_command_and_each_verb_have_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    assert!(
        run(&["man", "--out", folder.path().to_str().unwrap()])
            .status
            .success()
    );
    for page in [
        "spiffe-authz.1",
        "spiffe-authz-decide.1",
        "spiffe-authz-svid-issue.1",
    ] {
        let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(text.contains(".TH") && text.contains("NAME"), "{page}");
    }
    let printed = run(&["man"]);
    assert!(String::from_utf8(printed.stdout).unwrap().contains(".TH"));
}

#[test]
fn pages_that_cannot_be_written_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let output = run(&["man", "--out", file.join("man").to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot write"));
}
