//! `spiffe-authz test`: reports, messages and exit codes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod refused;
mod schema;
mod workloads;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Stdio};

use snapbox::cmd::{Command, OutputAssert};
use snapbox::{file, str};
use spiffe_authz_analysis::coverage::Cause;

/// A folder with files of tests, and `orders.yaml`.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        std::fs::copy(examples().join("orders.yaml"), folder.path("orders.yaml")).unwrap();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> OutputAssert {
        command(self.0.path(), arguments).assert()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn examples() -> PathBuf {
    root().join("docs/cli/examples")
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .arg("test")
        .args(arguments)
        .current_dir(folder)
}

/// Runs the tests of the example suites.
fn example(arguments: &[&str]) -> OutputAssert {
    command(&examples(), arguments).assert()
}

/// A file of one case, about a request.
fn one_case(request: &str, expect: &str) -> String {
    format!(
        "policies: {{config: orders.yaml}}\ncases:\n  - {{name: a, request: {request}, expect: {expect}}}\n"
    )
}

#[test]
fn what_passes_is_named_and_tables_are_matrices() {
    example(&["orders.test.yaml"])
        .code(0)
        .stdout_eq(file!["../snapshots/test/passed.stdout"])
        .stderr_eq(str![[r#"
16 passed, 0 failed

"#]]);
}

#[test]
fn what_failed_shows_expected_and_got_side_by_side() {
    example(&["orders-wrong.test.yaml"])
        .code(2)
        .stdout_eq(file!["../snapshots/test/failed.stdout"])
        .stderr_eq(str![[r#"
4 passed, 2 failed

"#]]);
}

#[test]
fn quiet_prints_what_failed_alone() {
    example(&["orders.test.yaml", "orders-wrong.test.yaml", "--quiet"])
        .code(2)
        .stdout_eq(file!["../snapshots/test/quiet.stdout"])
        .stderr_eq(str![]);
}

#[test]
fn the_coverage_names_what_no_case_tries() {
    example(&["orders.test.yaml", "--quiet", "--coverage"])
        .code(0)
        .stdout_eq(file!["../snapshots/test/coverage.stdout"]);
}

#[test]
fn coverage_under_the_threshold_is_a_no() {
    example(&["orders.test.yaml", "--quiet", "--fail-under", "90"]).code(0);
    example(&["orders.test.yaml", "--fail-under", "91"])
        .code(2)
        .stderr_eq(str![[r#"
16 passed, 0 failed
orders.yaml: 10 of 11 rules and values are tried, fewer than 91%

"#]]);
}

#[test]
fn two_files_on_one_configuration_are_measured_together() {
    let rest = one_case(
        "{peer: {spiffeId: \"spiffe://cluster.local/ns/shop/sa/frontend\"}, path: /admin}",
        "matched-deny",
    );
    let folder = Folder::new(&[("rest.test.yaml", &rest)]);
    std::fs::copy(
        examples().join("orders.test.yaml"),
        folder.path("orders.test.yaml"),
    )
    .unwrap();
    folder.run(&["--fail-under", "100", "--quiet"]).code(0);
    folder
        .run(&["orders.test.yaml", "--fail-under", "100", "--quiet"])
        .code(2);
}

#[test]
fn junit_has_a_message_for_each_failed_case() {
    example(&["orders-wrong.test.yaml", "--format", "junit"])
        .code(2)
        .stdout_eq(file!["../snapshots/test/report.xml"]);
}

#[test]
fn json_has_every_case_and_the_coverage() {
    example(&[
        "orders.test.yaml",
        "--filter",
        "reads",
        "--format",
        "json",
        "--coverage",
    ])
    .code(0)
    .stdout_eq(file!["../snapshots/test/report.json"]);
}

#[test]
fn a_filter_chooses_by_the_name() {
    example(&["orders.test.yaml", "--filter", "payments"])
        .code(0)
        .stdout_eq(str![[r#"
orders.test.yaml
  who may do what  read  change  pay    administer
    frontend       .     .       .      .
    payments       deny  deny    allow  deny
    stranger       .     .       .      .


"#]])
        .stderr_eq(str![[r#"
4 passed, 0 failed

"#]]);
}

#[test]
fn a_filter_that_leaves_nothing_is_an_error() {
    example(&["orders.test.yaml", "--filter", "no such case"])
        .code(1)
        .stderr_eq(str![[r#"
error: no case has `no such case` in its name; `--filter` looks for the text as it is

"#]]);
}

#[test]
fn policies_that_only_watch_are_expected_by_name() {
    let test = r#"
policies:
  configuration:
    workload: {namespace: shop}
    resources:
      - &policy
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: open, namespace: shop}
        spec: {rules: [{}]}
      - {<<: *policy, metadata: {name: seen, namespace: shop}, spec: {action: AUDIT, rules: [{}]}}
      - <<: *policy
        metadata: {name: closed, namespace: shop, annotations: {istio.io/dry-run: "true"}}
        spec: {action: DENY, rules: [{}]}
request: {peer: {spiffeId: "spiffe://cluster.local/ns/shop/sa/frontend"}}
cases:
  - {name: a, request: {}, expect: {decision: allow, audited: [shop/seen], wouldDeny: [shop/closed], wouldAllow: []}}
  - {name: b, request: {}, expect: {decision: allow, audited: [], wouldDeny: [shop/seen]}}
"#;
    let folder = Folder::new(&[("watching.test.yaml", test)]);
    folder
        .run(&["watching.test.yaml", "--quiet"])
        .code(2)
        .stdout_eq(file!["../snapshots/test/watching.stdout"]);
}

#[test]
fn tests_come_from_standard_input_too() {
    let folder = Folder::new(&[]);
    command(folder.0.path(), &["-", "--quiet"])
        .stdin(one_case("{}", "mtls-required"))
        .assert()
        .code(0);
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let folder = Folder::new(&[("a.test.yaml", &one_case("{}", "allow"))]);
    let plain = folder.run(&["a.test.yaml"]).code(2);
    assert!(!plain.get_output().stdout.contains(&0x1b));
    let painted = folder.run(&["a.test.yaml", "--color", "always"]).code(2);
    assert!(painted.get_output().stdout.contains(&0x1b));
}

#[test]
fn a_name_cannot_speak_to_the_terminal() {
    let test = one_case("{}", "deny").replace("name: a", r#"name: "\e[2Jgone""#);
    let folder = Folder::new(&[("a.test.yaml", &test)]);
    let output = folder.run(&["a.test.yaml"]).code(0);
    assert!(!output.get_output().stdout.contains(&0x1b));
}

#[test]
fn a_large_suite_is_counted_and_its_failures_are_named() {
    let mut test = "policies: {config: orders.yaml}\ncases:\n".to_owned();
    for number in 0..10_000 {
        let expect = if number == 7777 { "allow" } else { "deny" };
        let _ = writeln!(
            test,
            "  - {{name: case {number}, request: {{path: /orders/{number}}}, expect: {expect}}}"
        );
    }
    let folder = Folder::new(&[("large.test.yaml", &test)]);
    folder
        .run(&["--coverage"])
        .code(2)
        .stdout_eq(file!["../snapshots/test/large.stdout"]);
}

/// A command that runs until it is ended, by its handle.
struct Watching {
    child: Child,
    notes: BufReader<ChildStderr>,
}

impl Watching {
    fn start(folder: &Folder) -> Self {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
            .args(["test", "--watch"])
            .current_dir(folder.0.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let notes = BufReader::new(child.stderr.take().unwrap());
        Self { child, notes }
    }

    /// Reads on up to a line that has this text.
    fn wait_for(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let read = self.notes.read_line(&mut line).unwrap();
            assert!(read > 0, "the command ended before it said `{text}`");
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_watch_runs_again_when_a_policy_or_a_test_changes() {
    let request =
        "{peer: {spiffeId: \"spiffe://cluster.local/ns/shop/sa/frontend\"}, method: GET, path: /orders/1}";
    let allowed = one_case(request, "allow").replace("orders.yaml", "policies/orders.yaml");
    let folder = Folder::new(&[("tests/a.test.yaml", &allowed.replace("policies/", "../policies/"))]);
    let policies = std::fs::read_to_string(folder.path("orders.yaml")).unwrap();
    folder.write("policies/orders.yaml", &policies);
    let mut watching = Watching::start(&folder);
    watching.wait_for("1 passed, 0 failed");
    folder.write("policies/orders.yaml", &policies.replace("GET", "HEAD"));
    watching.wait_for("0 passed, 1 failed");
    folder.write("tests/a.test.yaml", "policies: {}");
    watching.wait_for("policies come from one of");
    folder.write(
        "tests/a.test.yaml",
        &one_case(request, "deny").replace("orders.yaml", "../policies/orders.yaml"),
    );
    watching.wait_for("1 passed, 0 failed");
}
