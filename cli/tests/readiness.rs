//! `spiffe-authz readiness`: the table, the JSON document and exit codes.
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::path::Path;

use snapbox::cmd::{Command, OutputAssert, cargo_bin};
use snapbox::file;

const NOW: [&str; 2] = ["--now", "2026-11-22T12:00:00Z"];

fn readiness(arguments: &[&str], input: &str) -> OutputAssert {
    Command::new(cargo_bin!("spiffe-authz"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli/examples"))
        .arg("readiness")
        .args(arguments)
        .args(NOW)
        .stdin(input)
        .assert()
}

/// What the example's access log says, with as many requests asked for as it has.
fn example(arguments: &[&str]) -> OutputAssert {
    let all = [
        &[
            "readiness-access.jsonl",
            "-n",
            "shop",
            "-l",
            "app=orders",
            "--min-requests",
            "8",
        ],
        arguments,
    ]
    .concat();
    readiness(&all, "")
}

#[test]
fn a_port_is_safe_another_is_not_and_the_answer_is_2() {
    example(&[])
        .code(2)
        .stdout_eq(file!["snapshots/readiness/not-yet.txt"])
        .stderr_eq("read 71 lines: 71 requests and connections, 0 unreadable\n");
}

#[test]
fn the_json_document_says_the_same() {
    example(&["--format", "json"])
        .code(2)
        .stdout_eq(file!["snapshots/readiness/not-yet.json"]);
}

#[test]
fn a_port_that_is_strict_already_does_not_block() {
    example(&["-f", "readiness-policies.yaml"])
        .code(0)
        .stdout_eq(file!["snapshots/readiness/strict.txt"]);
}

#[test]
fn where_every_port_is_strict_already_nothing_is_left_to_do() {
    example(&["-f", "readiness-policies.yaml", "--port", "9090"])
        .code(0)
        .stdout_eq(file!["snapshots/readiness/all-strict.txt"]);
}

#[test]
fn too_little_evidence_is_not_known_and_the_answer_is_2() {
    let log = r#"{"direction":"inbound","time":"2026-11-22T11:00:00Z","response_code":200,"destination_port":80,"tls_version":"TLSv1.3","peer_fingerprint":"ab"}"#;
    readiness(&["-", "-n", "shop"], log)
        .code(2)
        .stdout_eq(file!["snapshots/readiness/not-known.txt"]);
    readiness(&["-"], "")
        .code(2)
        .stdout_eq(file!["snapshots/readiness/nothing.txt"]);
}

#[test]
fn audit_lines_alone_are_no_evidence_of_safety() {
    let line = concat!(
        r#"[2026-11-2DAY 05:10:15.422][1][info][wasm] [a.cc:1154] wasm log spiffe_authz: "#,
        r#"{"event":"request-observed","decision":"allow","cause":"matched-allow","policy":"shop/a","rule":0,"#,
        r#""workload_namespace":"shop","peer":"spiffe://cluster.local/ns/shop/sa/frontend","mtls":true,"#,
        r#""method":"GET","host":"a","path":"/","destination_port":80,"protocol":"http"}"#,
        "\n"
    );
    let log = [line.replace("DAY", "0"), line.replace("DAY", "2")].concat();
    readiness(&["-", "--min-requests", "1"], &log)
        .code(2)
        .stdout_eq(file!["snapshots/readiness/audit.txt"]);
}

#[test]
fn the_counters_of_a_listener_tell_how_many_connections_had_no_certificate() {
    readiness(&["--metrics", "readiness-metrics.txt", "-n", "shop"], "")
        .code(2)
        .stdout_eq(file!["snapshots/readiness/metrics.txt"])
        .stderr_eq("");
}

#[test]
fn the_ports_that_are_asked_for_are_the_ones_that_count() {
    example(&["--port", "8080"])
        .code(0)
        .stdout_eq(file!["snapshots/readiness/one-port.txt"]);
}

#[test]
fn a_listener_of_outbound_calls_does_not_count_where_the_port_is_asked_for() {
    let outbound = concat!(
        "envoy_listener_downstream_cx_total{envoy_listener_address=\"127.0.0.1_15101\"} 7\n",
        "envoy_server_uptime{} 180000\n"
    );
    let log = &[
        "readiness-access.jsonl",
        "--metrics",
        "-",
        "-n",
        "shop",
        "-f",
        "readiness-policies.yaml",
        "-l",
        "app=orders",
        "--min-requests",
        "8",
    ];
    readiness(log, outbound).code(2);
    readiness(
        &[log, &["--port", "8080", "--port", "9090"][..]].concat(),
        outbound,
    )
    .code(0);
}

#[test]
fn a_port_that_is_asked_for_and_was_not_seen_is_not_known() {
    example(&["--port", "8080", "--port", "9999"])
        .code(2)
        .stdout_eq(file!["snapshots/readiness/unseen-port.txt"]);
}

#[test]
fn a_line_that_names_no_port_may_be_about_the_one_that_is_asked_for() {
    let log = r#"{"direction":"inbound","time":"2026-11-22T11:00:00Z","response_code":200,"tls_version":null,"peer_fingerprint":null,"peer_address":"10.0.0.9:1","cause":"matched-allow","decision":"allow"}"#;
    readiness(&["-", "-n", "shop", "--port", "8080"], log)
        .code(2)
        .stdout_eq(file!["snapshots/readiness/no-port.txt"]);
}

#[test]
fn colours_are_for_those_who_ask_for_them() {
    let output = example(&["--color", "always"])
        .code(2)
        .get_output()
        .stdout
        .clone();
    let text = String::from_utf8(output).unwrap();
    assert!(
        text.contains("\u{1b}[31mnot-yet\u{1b}[0m") && text.contains("\u{1b}[32msafe\u{1b}[0m"),
        "{text}"
    );
}

#[test]
fn wrong_use_and_files_that_cannot_be_read_are_1() {
    for arguments in [
        &[][..],
        &["--quiet-for", "soon", "-"],
        &["no-such-file"],
        &["--metrics", "orders.yaml"],
    ] {
        readiness(arguments, "").code(1).stdout_eq("");
    }
    readiness(&["-", "-n", "shop", "-f", "readiness-access.jsonl"], "").code(3);
}
