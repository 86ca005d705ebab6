//! `spiffe-authz decide`: answers, messages and exit codes.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

const CONFIGURATION: &str = r#"
workload: {namespace: shop, labels: {app: orders}}
resources:
  - apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: orders, namespace: shop}
    spec:
      selector: {matchLabels: {app: orders}}
      portLevelMtls:
        9090: {mode: PERMISSIVE}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: orders, namespace: shop}
    spec:
      rules:
        - from: [{source: {principals: ["cluster.local/ns/shop/sa/frontend"]}}]
          to: [{operation: {methods: ["GET"], paths: ["/orders/*"]}}]
"#;

const REQUESTS: &str = r#"{"peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"}, "method": "GET", "path": "/orders/1?x"}

{"destination": {"port": 8080}, "method": "GET", "path": "/orders/1"}
{"destination": {"port": 9090}, "method": "GET", "path": "/orders/1"}
"#;

struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs `decide` with this configuration, and with these requests on standard input.
fn decide(configuration: &str, requests: &[u8]) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("configuration.yaml");
    std::fs::write(&path, configuration).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["decide", "--requests", "-", "--config"])
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The command may end before it has read everything, as it does on an invalid configuration.
    let _ = child.stdin.take().unwrap().write_all(requests);
    let output = child.wait_with_output().unwrap();
    Outcome {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn every_request_has_one_line_in_order() {
    let outcome = decide(CONFIGURATION, REQUESTS.as_bytes());
    let lines = concat!(
        r#"{"decision":"allow","cause":"matched-allow","policy":"shop/orders","rule":0}"#,
        "\n",
        r#"{"decision":"deny","cause":"mtls-required","policy":null,"rule":null}"#,
        "\n",
        r#"{"decision":"deny","cause":"no-matching-allow","policy":null,"rule":null}"#,
        "\n",
    );
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, lines),
        "{}",
        outcome.stderr
    );
}

#[test]
fn policies_that_only_watch_are_named_where_they_say_something() {
    let watching = format!(
        "{CONFIGURATION}{}",
        r#"
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: log-orders, namespace: shop}
    spec: {action: AUDIT, rules: [{to: [{operation: {paths: ["/orders/*"]}}]}]}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: no-orders, namespace: shop, annotations: {istio.io/dry-run: "true"}}
    spec: {action: DENY, rules: [{}]}
"#
    );
    let request = REQUESTS.lines().next().unwrap();
    let outcome = decide(&watching, request.as_bytes());
    let line = concat!(
        r#"{"decision":"allow","cause":"matched-allow","policy":"shop/orders","rule":0,"#,
        r#""audited":["shop/log-orders"],"wouldDeny":["shop/no-orders"]}"#,
        "\n",
    );
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, line),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_configuration_in_json_is_taken_as_well() {
    let outcome = decide(r#"{"workload": {"namespace": "shop"}, "resources": []}"#, b"{}");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("mtls-required"));
}

#[test]
fn an_invalid_configuration_is_exit_code_3_with_every_mistake() {
    let broken = CONFIGURATION
        .replace("PERMISSIVE", "PERMISIVE")
        .replace("methods:", "method:");
    let outcome = decide(&broken, REQUESTS.as_bytes());
    assert_eq!((outcome.code, outcome.stdout.as_str()), (3, ""));
    for message in [
        "2 errors",
        "`PERMISIVE` is not an mTLS mode",
        "unknown field `method`",
    ] {
        assert!(outcome.stderr.contains(message), "{message}: {}", outcome.stderr);
    }
}

#[test]
fn text_that_is_no_yaml_is_exit_code_3_with_its_place() {
    for text in ["resources: [", "a: b: c", "resources: []\nresources: []\n"] {
        let outcome = decide(text, b"{}");
        assert_eq!(outcome.code, 3, "{text}: {}", outcome.stderr);
    }
    assert!(
        decide("a: 1\nb: [", b"{}")
            .stderr
            .contains("configuration.yaml:2:4")
    );
}

#[test]
fn a_request_that_is_not_understood_is_exit_code_1_with_its_line() {
    let outcome = decide(CONFIGURATION, b"{}\n{\"methd\": \"GET\"}\n");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("`-` line 2: not a request document"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("methd: unknown field"),
        "{}",
        outcome.stderr
    );
    assert_eq!(decide(CONFIGURATION, b"\xff\n").code, 1);
}

#[test]
fn a_file_that_is_not_there_is_exit_code_1_with_its_name() {
    let output = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["decide", "--config", "no/such/file", "--requests", "-"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read `no/such/file`"));
}

#[test]
fn the_largest_meshes_fit_in_yaml_and_in_json() {
    let policy = |name: usize| {
        serde_json::json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": format!("p{name}"), "namespace": "shop"},
            "spec": {"rules": [{"from": [{"source": {"principals": [format!("cluster.local/ns/shop/sa/s{name}")]}}]}]},
        })
    };
    let policies: Vec<_> = (0..12_000).map(policy).collect();
    let json = serde_json::json!({"workload": {"namespace": "shop"}, "resources": policies}).to_string();
    let request = br#"{"peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/s11999"}}"#;
    for configuration in [json.clone(), format!("# the same as YAML\n{json}")] {
        let outcome = decide(&configuration, request);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        assert!(
            outcome.stdout.contains(r#""policy":"shop/p11999""#),
            "{}",
            outcome.stdout
        );
    }
}

#[test]
fn aliases_that_multiply_are_refused() {
    let levels: Vec<String> = (1..12)
        .map(|level| {
            format!(
                "a{level}: &a{level} [{}]\n",
                vec![format!("*a{}", level - 1); 10].join(",")
            )
        })
        .collect();
    let outcome = decide(&format!("a0: &a0 [x]\n{}", levels.concat()), b"{}");
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("configuration.yaml");
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["decide", "--requests", "-", "--config"])
        .arg(&path)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("neither JSON nor YAML"));
}

#[test]
fn wrong_use_is_exit_code_1_and_help_0() {
    for (arguments, code) in [
        (&["decide"][..], 1),
        (&["decied"], 1),
        (&[], 1),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
}

/// The exit code of `decide` for one request by flags.
fn decide_one(flags: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("configuration.yaml");
    std::fs::write(&path, CONFIGURATION).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["decide", "--config"])
        .arg(&path)
        .args(flags)
        .output()
        .unwrap();
    let code = output.status.code().expect("an exit code");
    (code, String::from_utf8(output.stdout).unwrap())
}

#[test]
fn of_a_request_by_flags_the_exit_code_is_the_answer() {
    let frontend = "spiffe://cluster.local/ns/shop/sa/frontend";
    let (code, line) = decide_one(&["--peer", frontend, "--method", "GET", "--path", "/orders/1"]);
    assert_eq!(code, 0, "{line}");
    assert!(
        line.starts_with(r#"{"decision":"allow","cause":"matched-allow""#),
        "{line}"
    );
    let (code, line) = decide_one(&["--plaintext", "--method", "GET", "--path", "/orders/1"]);
    assert_eq!(code, 2, "{line}");
    assert!(
        line.starts_with(r#"{"decision":"deny","cause":"mtls-required""#),
        "{line}"
    );
}

#[test]
fn a_stream_of_requests_takes_no_flags() {
    let (code, line) = decide_one(&["--requests", "-", "--plaintext"]);
    assert_eq!((code, line.as_str()), (1, ""));
}
