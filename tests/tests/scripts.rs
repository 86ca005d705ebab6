//! The scripts that find what the build needs: what they take, and what they say about the rest.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use spiffe_authz_tests::scratch::Scratch;
use spiffe_authz_tests::workspace;

/// A program that only says which Envoy it is.
fn fake_envoy(scratch: &Scratch, version: &str) -> PathBuf {
    let path = scratch.path().join("envoy");
    fs::write(
        &path,
        format!("#!/bin/sh\necho 'envoy  version: 0/{version}/Clean/RELEASE/BoringSSL'\n"),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn script(name: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .arg(workspace::root().join("scripts").join(name))
        .env_remove("ENVOY_BIN");
    command
}

/// Exit code, standard output and standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn fetch_envoy_named(path: &Path) -> (Option<i32>, String, String) {
    said(&script("fetch-envoy.sh").env("ENVOY_BIN", path).output().unwrap())
}

#[test]
fn an_envoy_that_is_named_and_new_enough_is_taken() {
    let scratch = Scratch::new("named-envoy").unwrap();
    for version in ["1.40.0", "1.41.2", "2.0.0"] {
        let envoy = fake_envoy(&scratch, version);
        let (code, path, _) = fetch_envoy_named(&envoy);
        assert_eq!((code, path), (Some(0), envoy.display().to_string()), "{version}");
    }
}

#[test]
fn an_envoy_that_is_named_and_too_old_or_none_is_refused_with_its_name() {
    let scratch = Scratch::new("old-envoy").unwrap();
    let old = fake_envoy(&scratch, "1.39.3");
    for (path, message) in [
        (old.as_path(), "Envoy 1.39.3; 1.40 or newer is needed"),
        (Path::new("/no/such/envoy"), "which is not an executable file"),
        (Path::new("/bin/cat"), "which does not run as an Envoy"),
    ] {
        let (code, _, error) = fetch_envoy_named(path);
        assert_eq!(code, Some(1), "{error}");
        assert!(
            error.contains(message) && error.contains(&path.display().to_string()),
            "{error}"
        );
    }
}

#[test]
fn a_new_enough_envoy_on_the_path_is_taken() {
    let scratch = Scratch::new("envoy-on-path").unwrap();
    let envoy = fake_envoy(&scratch, "1.40.1");
    let path = format!("{}:/usr/bin:/bin", scratch.path().display());
    let (code, found, _) = said(&script("fetch-envoy.sh").env("PATH", path).output().unwrap());
    assert_eq!((code, found), (Some(0), envoy.display().to_string()));
}

#[test]
fn a_missing_tool_is_named_with_the_command_that_installs_it() {
    let scratch = Scratch::new("empty-path").unwrap();
    let output = script("require-rust.sh")
        .env("PATH", scratch.path())
        .output()
        .unwrap();
    let (code, _, error) = said(&output);
    assert_eq!(code, Some(1), "{error}");
    assert!(
        error.contains("cargo is missing") && error.contains("apt-get install rustup"),
        "{error}"
    );
}
