//! `spiffe-authz simulate`: the built filter gives the engine's answers.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use snapbox::cmd::{Command, OutputAssert};

/// Both profiles judge these alike or not; the filter and the engine always do.
const RESOURCES: &str = r#"
workload: {namespace: shop, labels: {app: orders}}
resources:
  - apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: orders, namespace: shop}
    spec: {selector: {matchLabels: {app: orders}}, portLevelMtls: {9090: {mode: PERMISSIVE}}}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: orders, namespace: shop}
    spec:
      rules:
        - from: [{source: {principals: ["cluster.local/ns/shop/sa/frontend"]}}]
          to: [{operation: {methods: ["GET"], paths: ["/orders/*"]}}]
        - to: [{operation: {ports: ["7000"]}}]
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: no-admin, namespace: shop}
    spec:
      action: DENY
      rules:
        - to: [{operation: {paths: ["/orders/admin"]}}]
          from: [{source: {notNamespaces: ["shop"]}}]
        - when: [{key: "request.headers[x-role]", values: ["root"]}]
          to: [{operation: {notPorts: ["7000"]}}]
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: log-orders, namespace: shop}
    spec: {action: AUDIT, rules: [{to: [{operation: {paths: ["/orders/1"]}}]}]}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: no-orders, namespace: shop, annotations: {istio.io/dry-run: "true"}}
    spec: {action: DENY, rules: [{when: [{key: source.ip, values: ["10.0.0.0/8"]}]}]}
"#;

/// Peers by paths, and what else tells requests apart.
fn requests() -> Vec<Value> {
    let frontend = json!({"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"});
    let peers = [
        Value::Null,
        frontend.clone(),
        json!({"spiffeId": "spiffe://cluster.local/ns/other/sa/frontend"}),
        json!({"spiffeId": "spiffe://partner.example/ns/shop/sa/frontend"}),
        json!({"uriSans": ["spiffe://cluster.local/ns/shop/sa/frontend", "spiffe://cluster.local/ns/shop/sa/b"]}),
        json!({"uriSans": ["https://example.org"]}),
    ];
    let mut requests = Vec::new();
    for peer in peers {
        for path in ["/orders/1", "/orders/admin", "/orders/..%2fadmin"] {
            for port in [8080, 9090] {
                requests.push(request(&peer, path, port));
            }
        }
        requests.push(json!({
            "peer": peer, "protocol": "tcp", "source": {"ip": "10.0.0.7"},
            "destination": {"ip": "10.0.0.8", "port": 7000},
        }));
    }
    let mut root = request(&frontend, "/orders/1", 8080);
    root["headers"] = json!([["x-role", "user"], ["x-role", "root"]]);
    let mut beyond = request(&frontend, "/orders/1", 8080);
    beyond["source"] = json!({"ip": "192.0.2.1"});
    let mut grpc = request(&frontend, "/orders/admin/x", 8080);
    grpc["protocol"] = json!("grpc");
    requests.extend([root, beyond, grpc]);
    requests
}

fn request(peer: &Value, path: &str, port: u16) -> Value {
    json!({
        "peer": peer, "method": "GET", "host": "orders.shop", "path": path,
        "source": {"ip": "10.0.0.7"}, "destination": {"ip": "10.0.0.8", "port": port},
    })
}

fn lines(requests: &[Value]) -> String {
    requests.iter().map(|request| format!("{request}\n")).collect()
}

fn filter() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/spiffe_authz_filter.wasm")
}

/// The verb on a configuration, requests on standard input. Compiled modules are kept beside the tests.
fn run(verb: &str, configuration: &str, requests: &str, flags: &[&str]) -> OutputAssert {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("orders.yaml");
    std::fs::write(&path, configuration).unwrap();
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args([verb, "--requests", "-", "--config", "orders.yaml"])
        .args(flags)
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .env("SPIFFE_AUTHZ_FILTER", filter())
        .current_dir(folder.path())
        .stdin(requests)
        .assert()
}

fn stdout(outcome: &OutputAssert) -> String {
    String::from_utf8(outcome.get_output().stdout.clone()).unwrap()
}

fn stderr(outcome: &OutputAssert) -> String {
    String::from_utf8(outcome.get_output().stderr.clone()).unwrap()
}

fn with_profile(profile: &str) -> String {
    format!("profile: {profile}\n{RESOURCES}")
}

#[test]
fn the_filter_answers_every_request_as_the_engine_does_in_both_profiles() {
    let requests = lines(&requests());
    for profile in ["zero-trust", "istio"] {
        let configuration = with_profile(profile);
        let decided = stdout(&run("decide", &configuration, &requests, &[]).code(0));
        let simulated = stdout(&run("simulate", &configuration, &requests, &[]).code(0));
        assert_eq!(simulated, decided, "{profile}");
        for word in ["\"allow\"", "\"deny\"", "audited", "wouldDeny", "matched-deny"] {
            assert!(
                decided.contains(word),
                "{profile}: the requests bring about no {word}"
            );
        }
    }
}

fn details(flags: &[&str]) -> Value {
    let frontend = json!({"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"});
    let request = request(&frontend, "/admin", 8080);
    let outcome = run("simulate", &with_profile("zero-trust"), &lines(&[request]), flags).code(0);
    serde_json::from_str(&stdout(&outcome)).unwrap()
}

#[test]
fn details_are_what_the_proxy_saw() {
    let answer = details(&["--details"]);
    assert_eq!(answer["cause"], "no-matching-allow");
    assert_eq!(answer["localReply"]["status"], 403);
    assert_eq!(
        answer["localReply"]["details"],
        "rbac_access_denied_matched_policy[none]"
    );
    assert_eq!(answer["filterState"]["wasm.spiffe_authz_decision"], "deny");
    assert_eq!(answer["filterState"].get("wasm.spiffe_authz"), None);
    let metric = "spiffe_authz_requests_total.decision=.=deny;.;cause=.=no-matching-allow;.;mtls=.=mutual;.;policy=.=;.;";
    assert_eq!(answer["metrics"][metric], 1);
    assert!(answer["fuel"]["proxy_on_request_headers"].as_u64().unwrap() > 0);
}

#[test]
fn a_trace_in_json_is_a_list_of_events_in_the_answer() {
    let answer = details(&["--trace", "--trace-format", "json"]);
    let events = answer["trace"].as_array().unwrap();
    let local_reply = |event: &&Value| event.to_string().contains("proxy_send_local_response");
    assert!(events.iter().any(|event| local_reply(&event)));
    assert_eq!(answer.get("localReply"), None);
}

#[test]
fn a_trace_as_text_stands_beside_the_answers() {
    let requests = lines(&requests()[..2]);
    let plain = run("simulate", &with_profile("istio"), &requests, &[]).code(0);
    let traced = run("simulate", &with_profile("istio"), &requests, &["--trace"]).code(0);
    assert_eq!(stdout(&traced), stdout(&plain));
    let text = stderr(&traced);
    for part in [
        "start:",
        "request 1:",
        "request 2:",
        "proxy_on_configure",
        "proxy_get_property",
    ] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn one_request_by_flags_is_answered_by_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orders.yaml"), RESOURCES).unwrap();
    for (path, code) in [("/orders/1", 0), ("/admin", 2)] {
        Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
            .args([
                "simulate",
                "--config",
                "orders.yaml",
                "--port",
                "8080",
                "--method",
                "GET",
                "--path",
                path,
            ])
            .args([
                "--peer",
                "spiffe://cluster.local/ns/shop/sa/frontend",
                "--source-ip",
                "192.0.2.1",
            ])
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .env("SPIFFE_AUTHZ_FILTER", filter())
            .current_dir(folder.path())
            .assert()
            .code(code);
    }
}

#[test]
fn where_no_filter_was_built_the_error_says_how_to_build_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("orders.yaml"), RESOURCES).unwrap();
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["simulate", "--requests", "-", "--config", "orders.yaml"])
        .env_remove("SPIFFE_AUTHZ_FILTER")
        .current_dir(folder.path())
        .assert()
        .code(1)
        .stderr_eq(snapbox::file!["snapshots/simulate/no-filter.stderr"]);
}

#[test]
fn a_file_that_is_no_filter_is_an_error() {
    let outcome = run("simulate", RESOURCES, "", &["--module", "orders.yaml"]);
    outcome
        .code(1)
        .stderr_eq(snapbox::file!["snapshots/simulate/not-a-filter.stderr"]);
}

#[test]
fn a_request_that_is_none_is_named_by_its_line() {
    let outcome = run("simulate", RESOURCES, "{}\n{\"pear\": null}\n", &[]).code(1);
    assert!(stderr(&outcome).contains("line 2"), "{}", stderr(&outcome));
}

#[test]
fn an_invalid_configuration_is_told_by_the_engine() {
    let outcome = run(
        "simulate",
        "profile: strict\nworkload: {namespace: shop}\n",
        "",
        &[],
    )
    .code(3);
    assert!(stderr(&outcome).contains("profile"), "{}", stderr(&outcome));
}
