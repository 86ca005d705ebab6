//! `spiffe-authz explain`: what is said of each cause, the JSON, and the exit codes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use serde_json::Value;
use snapbox::cmd::{Command, OutputAssert};

const FRONTEND: &str = "spiffe://cluster.local/ns/shop/sa/frontend";
const GET_ORDER: [&str; 4] = ["--method", "GET", "--path", "/orders/1"];

/// Policies of every kind.
const POLICIES: &str = r#"
workload: {namespace: shop, labels: {app: orders}}
svid: {denied: {spiffeIds: ["spiffe://cluster.local/ns/shop/sa/stolen"]}}
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
    metadata: {name: no-admin, namespace: shop}
    spec:
      action: DENY
      rules:
        - to: [{operation: {paths: ["/admin", "/admin/*"]}}]
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: orders, namespace: shop}
    spec:
      rules:
        - from: [{source: {principals: ["cluster.local/ns/shop/sa/frontend"]}}]
          to: [{operation: {methods: ["GET"], paths: ["/orders/*"], hosts: ["orders.shop"]}}]
        - from: [{source: {namespaces: ["shop"]}}]
          to:
            - operation: {methods: ["DELETE"], paths: ["/orders/*"]}
            - operation: {methods: ["GET"], paths: ["/orders/*"]}
          when:
            - {key: "request.headers[x-role]", values: ["user", "admin"], notValues: ["guest"]}
            - {key: "request.auth.claims[groups]", values: ["buyers"]}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: night-shift, namespace: shop}
    spec:
      rules:
        - from: [{source: {principals: ["cluster.local/ns/shop/sa/night"]}}]
      exception: {until: "2026-01-01T06:00:00Z", lifts: ["shop/no-admin"]}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: log-orders, namespace: shop}
    spec: {action: AUDIT, rules: [{to: [{operation: {paths: ["/orders/*"]}}]}]}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: no-get, namespace: shop, annotations: {istio.io/dry-run: "true"}}
    spec: {action: DENY, rules: [{to: [{operation: {methods: ["GET"]}}]}]}
"#;

const NO_ALLOW: &str = "workload: {namespace: shop}\nresources: []\n";

/// What the verb says of a request under a configuration that is read from standard input.
fn explain(configuration: &str, arguments: &[&str]) -> OutputAssert {
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["explain", "--config", "-", "--time", "2026-01-01T00:00:00Z"])
        .args(arguments)
        .stdin(configuration)
        .assert()
}

/// The same of the usual request of a peer, and more.
fn of_peer(peer: &str, more: &[&str]) -> OutputAssert {
    let request = [&["--peer", peer][..], &GET_ORDER, more].concat();
    explain(POLICIES, &request)
}

fn json(outcome: &OutputAssert) -> Value {
    serde_json::from_slice(&outcome.get_output().stdout).unwrap()
}

fn stderr(outcome: &OutputAssert) -> String {
    String::from_utf8(outcome.get_output().stderr.clone()).unwrap()
}

macro_rules! told {
    ($($name:ident: $outcome:expr => $file:literal;)*) => {$(
        #[test]
        fn $name() {
            $outcome.code(0).stdout_eq(snapbox::file![$file]);
        }
    )*};
}

told! {
    an_allow_by_a_rule_names_it_and_what_matches_as_well:
        of_peer(FRONTEND, &["--host", "orders.shop", "--header", "x-role: user", "--jwt", r#"{"groups": ["buyers"]}"#])
        => "snapshots/explain/matched-allow.txt";
    an_exception_is_named_with_the_deny_rule_that_it_lifts:
        explain(POLICIES, &["--peer", "spiffe://cluster.local/ns/shop/sa/night", "--method", "GET", "--path", "/admin"])
        => "snapshots/explain/matched-exception.txt";
    a_deny_rule_is_shown_with_what_would_allow_without_it:
        explain(POLICIES, &["--peer", FRONTEND, "--method", "GET", "--path", "/admin/users"])
        => "snapshots/explain/matched-deny.txt";
    the_nearest_rule_has_what_it_expects_beside_what_the_request_has:
        of_peer(FRONTEND, &["--host", "other.shop"])
        => "snapshots/explain/no-matching-allow.txt";
    every_rule_is_shown_on_demand:
        of_peer(FRONTEND, &["--host", "other.shop", "--header", "x-role: guest", "--all"])
        => "snapshots/explain/all.txt";
    without_a_certificate_rules_on_the_peer_cannot_be_told:
        explain(POLICIES, &["--plaintext", "--port", "9090", "--method", "GET", "--path", "/orders/1"])
        => "snapshots/explain/not-told.txt";
    on_tcp_a_rule_that_reads_http_allows_nothing:
        explain(POLICIES, &["--peer", FRONTEND, "--protocol", "tcp"])
        => "snapshots/explain/tcp.txt";
    plaintext_on_a_strict_port_is_told_of:
        explain(POLICIES, &[&["--plaintext"][..], &GET_ORDER].concat())
        => "snapshots/explain/mtls-required.txt";
    a_peer_without_an_svid_is_told_of:
        of_certificate("no-san")
        => "snapshots/explain/no-svid.txt";
    a_certificate_with_two_uri_sans_is_told_of:
        of_certificate("two-uri-sans")
        => "snapshots/explain/svid-multiple-uri-sans.txt";
    a_spiffe_id_that_is_none_is_told_of:
        of_peer("spiffe://cluster.local", &[])
        => "snapshots/explain/malformed-spiffe-id.txt";
    the_certificate_of_an_authority_is_told_of:
        of_certificate("authority")
        => "snapshots/explain/not-a-leaf-svid.txt";
    a_peer_on_the_list_of_the_denied_is_told_of:
        of_peer("spiffe://cluster.local/ns/shop/sa/stolen", &[])
        => "snapshots/explain/svid-revoked.txt";
    a_certificate_that_is_over_is_told_of:
        explain_document(r#"{"peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend", "notAfter": "2025-12-31T00:00:00Z"}, "path": "/orders/1"}"#)
        => "snapshots/explain/svid-expired.txt";
    a_host_of_a_doubtful_form_is_told_of:
        of_peer(FRONTEND, &["--host", "user@orders.shop"])
        => "snapshots/explain/ambiguous-host.txt";
    a_path_of_a_doubtful_form_is_told_of_with_its_classes:
        explain(POLICIES, &["--peer", FRONTEND, "--method", "GET", "--path", "/orders//1;x"])
        => "snapshots/explain/ambiguous-path.txt";
    a_request_of_more_lines_than_are_judged_is_told_of:
        explain_document(&many_headers())
        => "snapshots/explain/request-too-large.txt";
    a_workload_without_an_allow_policy_is_told_of:
        explain(NO_ALLOW, &[&["--peer", FRONTEND][..], &GET_ORDER].concat())
        => "snapshots/explain/no-allow-policy.txt";
    profile_istio_admits_without_an_allow_policy:
        explain(NO_ALLOW, &[&["--peer", FRONTEND, "--profile", "istio"][..], &GET_ORDER].concat())
        => "snapshots/explain/no-allow-policy-istio.txt";
    what_a_log_does_not_say_is_named_and_a_log_that_says_otherwise_too:
        explain(POLICIES, &["--audit", AUDIT_LINE])
        => "snapshots/explain/audit.txt";
}

const AUDIT_LINE: &str = concat!(
    r#"{"event":"request-denied","decision":"deny","cause":"no-matching-allow","policy":null,"rule":null,"#,
    r#""profile":"zero-trust","workload_namespace":"shop","peer":"spiffe://cluster.local/ns/shop/sa/frontend","#,
    r#""mtls":true,"method":"GET","host":"orders.shop","path":"/orders/1","destination_port":8080,"protocol":"http"}"#
);

/// A request of one header line more than is judged. A path that is too long no document can hold: its values are shorter.
fn many_headers() -> String {
    let lines = vec![r#"["x-role", "user"]"#; 4097].join(", ");
    format!(
        r#"{{"peer": {{"spiffeId": "{FRONTEND}"}}, "method": "GET", "path": "/orders/1", "headers": [{lines}]}}"#
    )
}

fn of_certificate(name: &str) -> OutputAssert {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policy/tests/certificates");
    let path = format!("{folder}/{name}.pem");
    explain(POLICIES, &[&["--cert", &path][..], &GET_ORDER].concat())
}

fn explain_document(request: &str) -> OutputAssert {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request.json");
    std::fs::write(&path, request).unwrap();
    // The place of the request would be another each time.
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args([
            "explain",
            "--config",
            "-",
            "--time",
            "2026-01-01T00:00:00Z",
            "--request",
            "request.json",
        ])
        .current_dir(folder.path())
        .stdin(POLICIES)
        .assert()
}

#[test]
fn the_json_has_the_decision_the_nearest_rule_and_each_clause() {
    let answer = json(&of_peer(FRONTEND, &["--host", "other.shop", "--format", "json"]).code(0));
    assert_eq!(
        (&answer["decision"], &answer["cause"]),
        (&"deny".into(), &"no-matching-allow".into())
    );
    let nearest = serde_json::json!({"policy": "shop/orders", "rule": 0});
    assert_eq!(
        (&answer["nearest"], &answer["decidedBy"]),
        (&nearest, &Value::Null)
    );
    let rules = answer["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["policy"] == "shop/orders").unwrap();
    assert_eq!(rule["position"], "<stdin>:24:11");
    let clauses = rule["to"][0]["clauses"].as_array().unwrap();
    let hosts = clauses.iter().find(|clause| clause["field"] == "hosts").unwrap();
    let expected = serde_json::json!({
        "field": "hosts", "truth": "false", "anyOf": ["orders.shop"], "noneOf": [],
        "got": {"state": "present", "values": ["other.shop"]},
    });
    assert_eq!(*hosts, expected);
}

#[test]
fn what_a_peer_wrote_steers_no_terminal() {
    let outcome = of_peer(
        FRONTEND,
        &["--host", "orders.shop", "--header", "x-role: \u{1b}[31m"],
    )
    .code(0);
    assert!(!outcome.get_output().stdout.contains(&0x1b));
}

#[test]
fn wrong_use_is_exit_code_1_with_what_to_do() {
    let table: [(&[&str], &str); 8] = [
        (&[], "no request: describe one by flags"),
        (&["--peer", FRONTEND, "--plaintext"], "cannot be used with"),
        (&["--header", "x-role"], "is not `NAME: VALUE`"),
        (&["--jwt", "{"], "`--jwt`: not JSON"),
        (&["--cert", "no/such/file"], "cannot read `no/such/file`"),
        (&["--request", "no/such/file"], "cannot read `no/such/file`"),
        (&["--access-log", AUDIT_LINE], "use `--audit` for it"),
        (&["--audit", "{}"], "neither an audit line"),
    ];
    for (arguments, message) in table {
        let outcome = explain(POLICIES, arguments).code(1);
        assert!(
            stderr(&outcome).contains(message),
            "{arguments:?}: {}",
            stderr(&outcome)
        );
    }
}

#[test]
fn a_request_that_means_nothing_is_exit_code_1_with_its_place() {
    let outcome = explain_document("{\"method\": \"GET\"}\n{\"methd\": \"GET\"}\n").code(1);
    assert!(
        stderr(&outcome).contains("request.json line 2"),
        "{}",
        stderr(&outcome)
    );
    assert!(
        stderr(&outcome).contains("methd: unknown field"),
        "{}",
        stderr(&outcome)
    );
}

#[test]
fn an_invalid_configuration_is_exit_code_3() {
    explain("resources: 1\n", &["--plaintext"]).code(3);
}

#[test]
fn without_a_time_it_is_now_and_the_answer_says_so() {
    let outcome = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .args(["explain", "--config", "-", "--plaintext"])
        .stdin(NO_ALLOW)
        .assert()
        .code(0);
    let text = String::from_utf8(outcome.get_output().stdout.clone()).unwrap();
    assert!(text.contains("the time is now, 20"), "{text}");
}
