//! `spiffe-authz learn`: policies, what people are told beside them, and exit codes.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failed test panics")]

use std::path::Path;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use snapbox::file;

const AUDIT: &str = concat!(
    r#"[2026-11-22 05:10:15.422][1][warning][wasm] [a.cc:1154] wasm log spiffe_authz spiffe_authz spiffe_authz: "#,
    r#"{"event":"request-denied","decision":"deny","cause":"no-matching-allow","policy":null,"rule":null,"#,
    r#""profile":"zero-trust","workload_namespace":"shop","peer":"spiffe://cluster.local/ns/shop/sa/frontend","#,
    r#""mtls":true,"method":"GET","host":"orders","path":"/orders/1","destination_port":8080,"protocol":"http"}"#,
    "\n"
);

const MTLS: &str = r#""peer_uri_san":"spiffe://cluster.local/ns/shop/sa/frontend","tls_version":"TLSv1.3","decision":"allow","cause":"no-allow-policy""#;

/// A line of the access log on a request to this path.
fn line(path: &str, more: &str) -> String {
    format!(
        concat!(
            r#"{{"direction":"inbound","time":"2026-11-22T05:10:15.379Z","peer_address":"10.0.0.7:41000","destination_port":8080,"#,
            r#""method":"GET","path":"{}","response_code":200,{}}}"#,
            "\n"
        ),
        path, more
    )
}

fn learn(arguments: &[&str], log: &str) -> OutputAssert {
    Command::new(cargo_bin!("spiffe-authz"))
        .args(["learn", "-"])
        .args(arguments)
        .stdin(log)
        .assert()
}

fn examples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli/examples")
}

#[test]
fn the_log_of_an_envoy_becomes_policies_that_the_engine_has_judged() {
    Command::new(cargo_bin!("spiffe-authz"))
        .current_dir(examples())
        .args(["learn", "learn-access.jsonl", "-n", "shop", "-l", "app=orders"])
        .assert()
        .code(0)
        .stdout_eq(file!["snapshots/learn/access.yaml"])
        .stderr_eq(file!["snapshots/learn/access.stderr"]);
}

#[test]
fn the_report_has_all_of_it_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let path = report.display().to_string();
    learn(&["-n", "shop", "--report", &path], &line("/orders/1", MTLS)).code(0);
    let text = std::fs::read_to_string(report).unwrap();
    snapbox::assert_data_eq!(text, file!["snapshots/learn/report.json"]);
}

#[test]
fn a_denied_request_is_learned_from_only_where_its_cause_is_asked_for() {
    learn(&[], AUDIT)
        .code(1)
        .stdout_eq("")
        .stderr_eq(file!["snapshots/learn/denied.stderr"]);
    learn(&["--include-denied", "no-matching-allow"], AUDIT)
        .code(0)
        .stdout_eq(file!["snapshots/learn/denied.yaml"]);
}

#[test]
fn a_peer_without_an_identity_is_admitted_by_its_address_and_only_on_request() {
    let log = line(
        "/health",
        r#""peer_uri_san":null,"tls_version":null,"decision":"allow","cause":"no-allow-policy""#,
    );
    learn(&["-n", "shop"], &log).code(1).stdout_eq("");
    learn(&["-n", "shop", "--include-plaintext"], &log)
        .code(0)
        .stdout_eq(file!["snapshots/learn/plaintext.yaml"]);
}

#[test]
fn what_could_be_read_as_a_pattern_is_reported_and_never_admitted() {
    let paths = ["/files/*", "/{x}", "/a//b", "/a/../b", "/ok"];
    let log: String = paths.iter().map(|path| line(path, MTLS)).collect();
    learn(&["-n", "shop"], &log)
        .code(0)
        .stdout_eq(file!["snapshots/learn/doubtful.yaml"])
        .stderr_eq(file!["snapshots/learn/doubtful.stderr"]);
}

#[test]
fn a_line_that_cannot_be_read_is_shown_with_its_number_and_why() {
    let log = format!("hello\n{}{{\"a\": 1}}\n{{\"event\": 1\n", line("/ok", MTLS));
    learn(&["-n", "shop"], &log)
        .code(0)
        .stderr_eq(file!["snapshots/learn/unreadable.stderr"]);
}

#[test]
fn a_threshold_makes_a_template_of_many_values() {
    let log: String = (1..=4).map(|id| line(&format!("/orders/{id}"), MTLS)).collect();
    let paths = |arguments: &[&str]| {
        let all = [&["-n", "shop", "-q"], arguments].concat();
        let output = learn(&all, &log).code(0).get_output().stdout.clone();
        let text = String::from_utf8(output).unwrap();
        text.lines()
            .filter(|line| line.contains("/orders"))
            .map(str::trim)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let exact = ["- /orders/1", "- /orders/2", "- /orders/3", "- /orders/4"];
    assert_eq!(paths(&[]), exact);
    assert_eq!(paths(&["--generalise-at", "4"]), ["- \"/orders/{*}\""]);
    assert_eq!(paths(&["--generalise-at", "2", "--generalise", "none"]), exact);
}

#[test]
fn what_was_learned_is_ready_for_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("learned.yaml");
    let log = line("/orders/1", MTLS);
    let output = learn(&["-n", "shop", "-l", "app=orders"], &log)
        .code(0)
        .get_output()
        .stdout
        .clone();
    std::fs::write(&policies, output).unwrap();
    let requests = concat!(
        r#"{"peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"}, "destination": {"port": 8080}, "method": "GET", "path": "/orders/1"}"#,
        "\n",
        r#"{"peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"}, "destination": {"port": 8080}, "method": "GET", "path": "/orders/2"}"#,
        "\n",
    );
    Command::new(cargo_bin!("spiffe-authz"))
        .args([
            "decide",
            "-n",
            "shop",
            "-l",
            "app=orders",
            "--requests",
            "-",
            "-f",
        ])
        .arg(&policies)
        .stdin(requests)
        .assert()
        .code(0)
        .stdout_eq(concat!(
            r#"{"decision":"allow","cause":"matched-allow","policy":"shop/learned-orders","rule":0}"#,
            "\n",
            r#"{"decision":"deny","cause":"no-matching-allow","policy":null,"rule":null}"#,
            "\n"
        ));
}

#[test]
fn policies_that_the_engine_does_not_confirm_are_not_printed() {
    // `cluster.local` is read as the mesh's own trust domain, so the peer of the other mesh is not admitted by its name.
    learn(
        &["-n", "shop", "--trust-domain", "example.org"],
        &line("/ok", MTLS),
    )
    .code(1)
    .stdout_eq("")
    .stderr_eq(file!["snapshots/learn/mismatch.stderr"]);
}

#[test]
fn wrong_use_and_files_that_are_not_there_are_1() {
    Command::new(cargo_bin!("spiffe-authz"))
        .args(["learn"])
        .assert()
        .code(1);
    learn(&["--generalise-at", "1"], "").code(1);
    learn(&["--include-denied", "matched-deny"], "").code(1);
    learn(&["--include-method", "*"], "").code(1);
    Command::new(cargo_bin!("spiffe-authz"))
        .args(["learn", "no-such-file"])
        .assert()
        .code(1)
        .stderr_eq("error: cannot read `no-such-file`: No such file or directory (os error 2)\n");
}
