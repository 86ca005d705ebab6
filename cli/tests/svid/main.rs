//! `spiffe-authz svid`: a CA, what it issues, rotation, and the verdict on every malformed certificate.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod inspect;
mod malformed;
mod profiles;
mod rotation;

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use spiffe_authz_pki::{
    AltName, BasicConstraints, Criticality, DevelopmentCa, Duration, ExtendedKeyUsage, KeyUsage, LeafRequest,
    OffsetDateTime, RawExtension,
};
use tempfile::TempDir;

const ORDERS: &str = "spiffe://cluster.local/ns/shop/sa/orders";

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"));
    command.arg("svid").args(arguments).current_dir(folder.path());
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("an exit code")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder with the CA of `cluster.local` in `ca`.
fn with_ca() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, &["ca", "--trust-domain", "cluster.local", "--out", "ca"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    folder
}

const ISSUE: [&str; 7] = ["issue", "--ca", "ca", "--spiffe-id", ORDERS, "--out", "orders"];

fn issue(folder: &TempDir, more: &[&str]) -> Output {
    run(folder, &[&ISSUE[..], more].concat())
}

fn inspect(folder: &TempDir, arguments: &[&str]) -> (i32, Value) {
    let output = run(folder, &[&["inspect", "--format", "json"], arguments].concat());
    let report = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (code(&output), report)
}

fn read(folder: &TempDir, path: &str) -> String {
    std::fs::read_to_string(folder.path().join(path)).unwrap()
}

#[test]
fn a_ca_warns_that_its_key_is_for_development_and_only_the_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&folder, &["ca", "--trust-domain", "cluster.local", "--out", "ca"]);
    assert!(stderr(&output).contains("for development"), "{}", stderr(&output));
    let mode = std::fs::metadata(folder.path().join("ca/ca_key.pem"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_ca_that_is_there_stays() {
    let folder = with_ca();
    let before = read(&folder, "ca/ca_key.pem");
    let output = run(&folder, &["ca", "--trust-domain", "cluster.local", "--out", "ca"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("is there already"),
        "{}",
        stderr(&output)
    );
    assert_eq!(read(&folder, "ca/ca_key.pem"), before);
}

#[test]
fn an_svid_of_each_kind_of_key_is_valid_and_ends_in_its_bundle() {
    for kind in ["ecdsa-p256", "ecdsa-p384", "rsa-2048", "ed25519"] {
        let folder = tempfile::tempdir().unwrap();
        let ca = [
            "ca",
            "--trust-domain",
            "cluster.local",
            "--out",
            "ca",
            "--key-type",
            kind,
        ];
        assert_eq!(code(&run(&folder, &ca)), 0, "{kind}");
        let output = issue(&folder, &["--key-type", kind]);
        assert_eq!(code(&output), 0, "{kind}: {}", stderr(&output));
        let (code, report) = inspect(
            &folder,
            &["orders/svid.pem", "--bundle", "orders/svid_bundle.pem"],
        );
        assert_eq!(code, 0, "{kind}: {report}");
        assert_eq!(report["chain"]["verdict"], "verified", "{kind}");
        assert_eq!(report["spiffeId"], ORDERS);
    }
}

#[test]
fn an_svid_lives_no_longer_than_its_ca() {
    let folder = tempfile::tempdir().unwrap();
    let ca = [
        "ca",
        "--trust-domain",
        "cluster.local",
        "--out",
        "ca",
        "--valid",
        "2h",
    ];
    assert_eq!(code(&run(&folder, &ca)), 0);
    let output = issue(&folder, &["--valid", "30d"]);
    assert!(
        stderr(&output).contains("ends with its CA"),
        "{}",
        stderr(&output)
    );
    let (_, report) = inspect(&folder, &["orders/svid.pem"]);
    assert!(report["remainingSeconds"].as_i64().unwrap() <= 7200, "{report}");
}

#[test]
fn a_spiffe_id_that_the_ca_cannot_vouch_for_is_refused() {
    let folder = with_ca();
    for (id, reason) in [
        (
            "spiffe://partner.example/ns/shop/sa/orders",
            "not in the trust domain of the CA",
        ),
        ("spiffe://cluster.local", "a workload has a path"),
        ("cluster.local/ns/shop/sa/orders", "is not a SPIFFE ID"),
    ] {
        let output = run(&folder, &["issue", "--ca", "ca", "--spiffe-id", id, "--out", "o"]);
        assert_eq!(code(&output), 1, "{id}");
        assert!(stderr(&output).contains(reason), "{id}: {}", stderr(&output));
        assert!(!folder.path().join("o").exists(), "{id}");
    }
}

#[test]
fn a_folder_without_a_ca_and_a_key_of_another_are_told_apart() {
    let folder = with_ca();
    let other = with_ca();
    let missing = run(
        &folder,
        &["issue", "--ca", "nowhere", "--spiffe-id", ORDERS, "--out", "o"],
    );
    assert_eq!(code(&missing), 1);
    assert!(
        stderr(&missing).contains("cannot read `nowhere/ca.pem`"),
        "{}",
        stderr(&missing)
    );
    std::fs::copy(
        other.path().join("ca/ca_key.pem"),
        folder.path().join("ca/ca_key.pem"),
    )
    .unwrap();
    let mixed = issue(&folder, &[]);
    assert_eq!(code(&mixed), 1);
    assert!(
        stderr(&mixed).contains("belongs to another certificate"),
        "{}",
        stderr(&mixed)
    );
}

#[test]
fn each_trust_domain_vouches_for_itself_in_the_bundle_map() {
    let folder = with_ca();
    let partner = [
        "ca",
        "--trust-domain",
        "partner.example",
        "--out",
        "partner",
        "--key-type",
        "rsa-2048",
    ];
    assert_eq!(code(&run(&folder, &partner)), 0);
    let output = issue(
        &folder,
        &["--federate", "partner.example=partner/ca.pem", "--sds"],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let map: Value = serde_json::from_str(&read(&folder, "orders/svid_bundles.json")).unwrap();
    let kind = |domain: &str| map["trust_domains"][domain]["keys"][0]["kty"].clone();
    assert_eq!(
        (kind("cluster.local"), kind("partner.example")),
        ("EC".into(), "RSA".into())
    );
    let sds: Value = serde_json::from_str(&read(&folder, "orders/trust-bundle.sds.json")).unwrap();
    let validator = &sds["resources"][0]["validation_context"]["custom_validator_config"];
    let bundles = folder
        .path()
        .canonicalize()
        .unwrap()
        .join("orders/svid_bundles.json");
    assert_eq!(validator["name"], "envoy.tls.cert_validator.spiffe");
    assert_eq!(
        validator["typed_config"]["trust_bundles"]["filename"],
        bundles.to_str().unwrap()
    );
}

#[test]
fn sds_documents_name_the_files_where_envoy_finds_them() {
    let folder = with_ca();
    assert_eq!(code(&issue(&folder, &["--sds", "--sds-root", "/run/svid"])), 0);
    let sds: Value = serde_json::from_str(&read(&folder, "orders/svid.sds.json")).unwrap();
    let certificate = &sds["resources"][0]["tls_certificate"];
    assert_eq!(certificate["certificate_chain"]["filename"], "/run/svid/svid.pem");
    assert_eq!(certificate["private_key"]["filename"], "/run/svid/svid_key.pem");
    assert_eq!(certificate["watched_directory"]["path"], "/run/svid");
}
