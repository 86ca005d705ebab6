//! `spiffe-authz svid`: a CA, what it issues, rotation, and the verdict on every malformed certificate.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

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

/// A rotation under way; ended at the end of the test, whatever comes of it.
struct Rotation {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Rotation {
    fn start(folder: &TempDir) -> Self {
        let arguments = [&ISSUE[..], &["--valid", "1m", "--every", "1s", "--watch"]].concat();
        let mut child = command(folder, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").unwrap()
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    fn end(mut self, signal: &str) -> Output {
        self.signal(signal);
        let _ = self.lines.by_ref().count();
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        Output {
            status,
            stdout: Vec::new(),
            stderr: stderr.into_bytes(),
        }
    }
}

impl Drop for Rotation {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_rotation_replaces_the_set_until_it_is_told_to_end() {
    for signal in ["-TERM", "-INT"] {
        let folder = with_ca();
        let mut rotation = Rotation::start(&folder);
        let first = rotation.line();
        assert!(first.contains(" issued ") && first.contains(ORDERS), "{first}");
        let before = read(&folder, "orders/svid.pem");
        rotation.line();
        assert_ne!(read(&folder, "orders/svid.pem"), before);
        let output = rotation.end(signal);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let (valid, _) = inspect(
            &folder,
            &["orders/svid.pem", "--bundle", "orders/svid_bundle.pem"],
        );
        assert_eq!(valid, 0);
    }
}

#[test]
fn a_rotation_that_fails_leaves_the_last_set_and_is_tried_again() {
    let folder = with_ca();
    let mut rotation = Rotation::start(&folder);
    rotation.line();
    std::fs::rename(folder.path().join("ca"), folder.path().join("away")).unwrap();
    // The set that was being issued may still come through; the next one cannot.
    let mut errors = BufReader::new(rotation.child.stderr.take().unwrap()).lines();
    let error = errors
        .find(|line| line.as_ref().unwrap().contains("cannot read"))
        .unwrap()
        .unwrap();
    assert!(error.contains("ca.pem"), "{error}");
    let (valid, _) = inspect(&folder, &["orders/svid.pem"]);
    assert_eq!(valid, 0);
    std::fs::rename(folder.path().join("away"), folder.path().join("ca")).unwrap();
    assert!(rotation.line().contains(" issued "));
}

#[test]
fn an_svid_must_not_end_before_the_next_is_issued() {
    let folder = with_ca();
    let output = issue(&folder, &["--valid", "10m", "--every", "10m", "--watch"]);
    assert_eq!(code(&output), 1);
    assert!(
        stderr(&output).contains("`--every` must be shorter"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("orders").exists());
}

/// A certificate that differs from a good SVID by one thing, the rule that it breaks, and the cause of the denial.
#[allow(clippy::too_many_lines, reason = "a table")]
fn malformed() -> Vec<(&'static str, LeafRequest, &'static str, &'static str)> {
    let with = |change: &dyn Fn(&mut LeafRequest)| {
        let mut request = LeafRequest::svid(ORDERS);
        change(&mut request);
        request
    };
    let of = |id: &str| LeafRequest::svid(id);
    let now = OffsetDateTime::now_utc();
    let raw = |extension: RawExtension| {
        with(&|request| {
            request.raw_extensions = vec![extension.clone()];
            request.uri_sans = Vec::new();
        })
    };
    let mut rows = vec![
        (
            "no URI SAN",
            with(&|request| request.uri_sans = Vec::new()),
            "one-uri-san",
            "no-svid",
        ),
        (
            "a DNS SAN spelled like a SPIFFE ID",
            with(&|request| {
                request.uri_sans = Vec::new();
                request.dns_sans = vec![ORDERS.to_owned()];
            }),
            "one-uri-san",
            "no-svid",
        ),
        (
            "two URI SANs",
            with(&|request| {
                request
                    .uri_sans
                    .push("spiffe://cluster.local/ns/a/sa/b".to_owned())
            }),
            "one-uri-san",
            "svid-multiple-uri-sans",
        ),
        (
            "a trust domain alone",
            of("spiffe://cluster.local"),
            "workload-path",
            "malformed-spiffe-id",
        ),
        (
            "cA is true",
            with(&|request| request.basic_constraints = BasicConstraints::Authority),
            "not-an-authority",
            "not-a-leaf-svid",
        ),
        (
            "no key usage",
            with(&|request| request.key_usages = Vec::new()),
            "key-usage-is-critical",
            "not-a-leaf-svid",
        ),
        (
            "a key usage that is not critical",
            with(&|request| {
                let usages = [KeyUsage::DigitalSignature];
                request.key_usages = Vec::new();
                request.raw_extensions = vec![RawExtension::key_usage(&usages, Criticality::NotCritical)];
            }),
            "key-usage-is-critical",
            "not-a-leaf-svid",
        ),
        (
            "no digitalSignature",
            with(&|request| request.key_usages = vec![KeyUsage::KeyEncipherment]),
            "digital-signature",
            "not-a-leaf-svid",
        ),
        (
            "keyCertSign",
            with(&|request| request.key_usages.push(KeyUsage::KeyCertSign)),
            "no-signing-usage",
            "not-a-leaf-svid",
        ),
        (
            "cRLSign",
            with(&|request| request.key_usages.push(KeyUsage::CrlSign)),
            "no-signing-usage",
            "not-a-leaf-svid",
        ),
        (
            "serverAuth alone",
            with(&|request| request.extended_key_usages = vec![ExtendedKeyUsage::ServerAuth]),
            "extended-key-usage",
            "not-a-leaf-svid",
        ),
        (
            "clientAuth alone",
            with(&|request| request.extended_key_usages = vec![ExtendedKeyUsage::ClientAuth]),
            "extended-key-usage",
            "not-a-leaf-svid",
        ),
        (
            "an empty subject and a SAN that is not critical",
            raw(RawExtension::subject_alt_names(
                &[AltName::Uri(ORDERS.as_bytes().to_vec())],
                Criticality::NotCritical,
            )),
            "named-holder",
            "not-a-leaf-svid",
        ),
        (
            "a URI SAN that is no text",
            raw(RawExtension::subject_alt_names(
                &[AltName::Uri(b"spiffe://cluster.local/\xff".to_vec())],
                Criticality::Critical,
            )),
            "spiffe-id",
            "malformed-spiffe-id",
        ),
        (
            "expired",
            with(&|request| {
                request.not_before = now - Duration::hours(2);
                request.not_after = now - Duration::hours(1);
            }),
            "in-force",
            "svid-expired",
        ),
        (
            "not yet valid",
            with(&|request| request.not_before = now + Duration::minutes(30)),
            "in-force",
            "svid-expired",
        ),
    ];
    for id in [
        "spiffe://cluster.local/",
        "spiffe://cluster.local/ns//sa",
        "spiffe://cluster.local/ns/../sa",
        "spiffe://cluster.local/ns/%41",
        "spiffe://cluster.local/ns?a=b",
        "spiffe://cluster.local/ns#a",
        "spiffe://cluster.local:8443/ns/a",
        "spiffe://user@cluster.local/ns/a",
        "SPIFFE://cluster.local/ns/a",
        "spiffe://Cluster.Local/ns/a",
        "spiffe://cluster.local/ns/a,b",
        "spiffe://cluster.local/ns/a\u{0}",
        "spiffe://cluster.local/ns/a\r\n",
        "https://cluster.local/ns/a",
        &format!("spiffe://cluster.local/{}", "a".repeat(2048)),
    ] {
        rows.push((
            "a URI SAN that is no SPIFFE ID",
            of(id),
            "spiffe-id",
            "malformed-spiffe-id",
        ));
    }
    rows
}

#[test]
fn every_malformed_certificate_is_refused_by_the_rule_that_it_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    for (name, request, rule, cause) in malformed() {
        let leaf = ca.issue(&request).unwrap();
        std::fs::write(folder.path().join("leaf.pem"), &leaf.certificate_pem).unwrap();
        let (code, report) = inspect(&folder, &["leaf.pem"]);
        assert_eq!(
            (code, &report["cause"]),
            (2, &Value::from(cause)),
            "{name}: {report}"
        );
        let broken: Vec<&str> = report["rules"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| row["verdict"] == "broken")
            .map(|row| row["rule"].as_str().unwrap())
            .collect();
        assert!(broken.contains(&rule), "{name}: {broken:?}");
    }
}

#[test]
fn a_good_svid_breaks_no_rule_whatever_else_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let ca = DevelopmentCa::new("cluster.local").unwrap();
    let good = LeafRequest {
        dns_sans: vec!["orders.shop".to_owned()],
        ..LeafRequest::svid(ORDERS)
    };
    let leaf = ca.issue(&good).unwrap();
    std::fs::write(folder.path().join("leaf.pem"), &leaf.certificate_pem).unwrap();
    let (code, report) = inspect(&folder, &["leaf.pem"]);
    assert_eq!((code, &report["valid"]), (0, &Value::Bool(true)), "{report}");
    assert_eq!(report["rules"].as_array().unwrap().len(), 10);
    assert_eq!(report["dnsSans"][0], "orders.shop");
    assert_eq!(report["workload"]["serviceAccount"], "orders");
    assert_eq!(report["chain"]["verdict"], "not-verified");
}

#[test]
fn an_svid_of_another_ca_is_refused_where_a_bundle_is_given() {
    let (folder, other) = (with_ca(), with_ca());
    assert_eq!(code(&issue(&folder, &[])), 0);
    let bundle = other.path().join("ca/ca.pem");
    let (code, report) = inspect(
        &folder,
        &["orders/svid.pem", "--bundle", bundle.to_str().unwrap()],
    );
    assert_eq!((code, &report["cause"]), (2, &Value::from("chain")), "{report}");
    assert_eq!(report["chain"]["verdict"], "refused");
}

#[test]
fn an_end_that_is_near_is_a_warning_and_one_that_is_past_a_no() {
    let folder = with_ca();
    assert_eq!(code(&issue(&folder, &["--valid", "1h"])), 0);
    let near = run(&folder, &["inspect", "orders/svid.pem", "--warn-within", "7d"]);
    assert_eq!(code(&near), 0);
    assert!(
        stderr(&near).contains("warning: it ends in "),
        "{}",
        stderr(&near)
    );
    let past = run(
        &folder,
        &["inspect", "orders/svid.pem", "--at", "2100-01-01T00:00:00Z"],
    );
    assert_eq!(code(&past), 2);
    assert!(stdout(&past).contains("svid-expired"), "{}", stdout(&past));
}

#[test]
fn a_certificate_reads_the_same_from_pem_from_der_and_from_standard_input() {
    let folder = with_ca();
    assert_eq!(code(&issue(&folder, &[])), 0);
    let pem = read(&folder, "orders/svid.pem");
    let der = spiffe_authz_policy::LeafCertificate::der_of_pem(pem.as_bytes()).unwrap();
    std::fs::write(folder.path().join("svid.der"), der).unwrap();
    let at = ["--at", "2026-01-01T00:00:00Z"];
    let (_, from_pem) = inspect(&folder, &[&["orders/svid.pem"], &at[..]].concat());
    let (_, from_der) = inspect(&folder, &[&["svid.der"], &at[..]].concat());
    let piped = command(
        &folder,
        &[&["inspect", "-", "--format", "json"], &at[..]].concat(),
    )
    .stdin(std::fs::File::open(folder.path().join("orders/svid.pem")).unwrap())
    .output()
    .unwrap();
    let from_pipe: Value = serde_json::from_slice(&piped.stdout).unwrap();
    assert!(from_pem["spiffeId"] == ORDERS && from_pem == from_der && from_pem == from_pipe);
}

#[test]
fn what_holds_no_certificate_is_an_error_of_use() {
    let folder = with_ca();
    for (name, content, reason) in [
        ("empty", &b""[..], "no certificate in it"),
        ("text", b"hello", "no certificate in it"),
        ("garbage", &[0xff; 1000], "no certificate in it"),
        ("cut", b"-----BEGIN CERTIFICATE-----\nMIIB", "not PEM"),
        ("large", &vec![b'a'; (1 << 20) + 1], "more than 1048576 bytes"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
        let output = run(&folder, &["inspect", name]);
        assert_eq!(code(&output), 1, "{name}");
        assert!(stderr(&output).contains(reason), "{name}: {}", stderr(&output));
    }
    let key = run(&folder, &["inspect", "ca/ca_key.pem"]);
    assert_eq!(code(&key), 1);
    let secret = read(&folder, "ca/ca_key.pem").lines().nth(1).unwrap().to_owned();
    assert!(
        !stderr(&key).contains(&secret) && !stdout(&key).contains(&secret),
        "no key is shown"
    );
    assert_eq!(code(&run(&folder, &["inspect", "nowhere.pem"])), 1);
}

#[test]
fn a_certificate_that_the_engine_cannot_read_is_no_svid() {
    let folder = tempfile::tempdir().unwrap();
    let pem = "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.path().join("broken.pem"), pem).unwrap();
    let (code, report) = inspect(&folder, &["broken.pem"]);
    assert_eq!(
        (code, &report["cause"]),
        (2, &Value::from("svid-unreadable")),
        "{report}"
    );
}

#[test]
fn colours_are_there_when_asked_for_and_only_then() {
    let folder = with_ca();
    assert_eq!(code(&issue(&folder, &[])), 0);
    let escapes = |arguments: &[&str]| {
        let output = run(&folder, &[&["inspect", "orders/svid.pem"], arguments].concat());
        stdout(&output).contains('\u{1b}')
    };
    assert!(escapes(&["--color", "always"]));
    assert!(!escapes(&["--color", "never"]));
    assert!(!escapes(&[]), "standard output is no terminal here");
}

#[test]
fn quiet_leaves_answers_and_errors() {
    let folder = tempfile::tempdir().unwrap();
    let ca = run(
        &folder,
        &["ca", "--trust-domain", "cluster.local", "--out", "ca", "--quiet"],
    );
    assert_eq!(
        (code(&ca), stderr(&ca).as_str(), stdout(&ca).as_str()),
        (0, "", "")
    );
    let again = run(
        &folder,
        &["ca", "--trust-domain", "cluster.local", "--out", "ca", "--quiet"],
    );
    assert!(stderr(&again).contains("is there already"));
    assert!(Path::new(&folder.path().join("ca/ca.pem")).is_file());
}
