//! Every command of the tutorial, and of the page on the way to STRICT, run in its order, with a real Envoy: it prints
//! what the page shows.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod walkthrough;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use snapbox::IntoData as _;
use snapbox::filter::{Filter as _, FilterNewlines, NormalizeToExpected};
use walkthrough::{Shell, Walkthrough};

/// The ports of a page; each run has free ones in their place.
const TUTORIAL_PORTS: [&str; 4] = ["15006", "15000", "8080", "15101"];
const MIGRATION_PORTS: [&str; 3] = ["15006", "15000", "9001"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

fn envoy() -> PathBuf {
    if let Some(path) = std::env::var_os("ENVOY_BIN") {
        return path.into();
    }
    let output = Command::new(root().join("scripts/fetch-envoy.sh"))
        .output()
        .unwrap();
    assert!(output.status.success(), "no Envoy");
    String::from_utf8(output.stdout).unwrap().trim().into()
}

/// The page with ports that are free.
fn page(name: &str, ports: &[&str]) -> String {
    let page = std::fs::read_to_string(root().join("docs").join(name)).unwrap();
    let listeners: Vec<TcpListener> = ports
        .iter()
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    let free = listeners
        .iter()
        .map(|listener| listener.local_addr().unwrap().port().to_string());
    ports
        .iter()
        .zip(free)
        .fold(page, |page, (shown, free)| page.replace(shown, &free))
}

/// A folder with what the page begins with: the command and Envoy on the path, and the filter.
fn shell(folder: &Path) -> Shell {
    let bin = folder.join(".bin");
    std::fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_spiffe-authz"), bin.join("spiffe-authz")).unwrap();
    std::os::unix::fs::symlink(envoy(), bin.join("envoy")).unwrap();
    let filter = "spiffe_authz_filter.wasm";
    std::fs::copy(root().join("dist").join(filter), folder.join(filter)).expect("`make wasm` was run");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    Shell {
        folder: folder.to_owned(),
        variables: vec![("PATH", path), ("NO_COLOR", "1".to_owned())],
    }
}

/// Whether the output is what the page shows, by its wildcards.
fn shows(output: &str, shown: &str) -> bool {
    let normal = |text: &str| FilterNewlines.filter(text.to_owned().into_data());
    let shown = normal(shown);
    NormalizeToExpected::new()
        .redact()
        .normalize(normal(output), &shown)
        == shown
}

#[test]
fn every_command_of_the_tutorial_does_what_the_page_shows() {
    assert_does_what_it_shows(&page("tutorial.md", &TUTORIAL_PORTS));
}

#[test]
fn every_command_on_the_way_to_strict_does_what_the_page_shows() {
    assert_does_what_it_shows(&page("migration.md", &MIGRATION_PORTS));
}

fn assert_does_what_it_shows(page: &str) {
    let folder = tempfile::tempdir().unwrap();
    let steps = Walkthrough::of(page).steps;
    assert!(steps.len() > 10, "the page has steps");
    let done = shell(folder.path()).run(&steps);
    let mut failures = String::new();
    for (step, done) in steps.iter().zip(done) {
        let is_shown = step
            .output
            .as_ref()
            .is_none_or(|shown| shows(&done.output, shown));
        if done.exit_code != Some(step.exit_code) || !is_shown {
            failures += &format!(
                "\nline {}: {}exit code {:?}, the page has {}\nprinted:\n{}",
                step.line, step.command, done.exit_code, step.exit_code, done.output
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
