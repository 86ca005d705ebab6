//! `spiffe-authz test`: reports, messages and exit codes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

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
        .stdout_eq(file!["snapshots/test/passed.stdout"])
        .stderr_eq(str![[r#"
16 passed, 0 failed

"#]]);
}

#[test]
fn what_failed_shows_expected_and_got_side_by_side() {
    example(&["orders-wrong.test.yaml"])
        .code(2)
        .stdout_eq(file!["snapshots/test/failed.stdout"])
        .stderr_eq(str![[r#"
4 passed, 2 failed

"#]]);
}

#[test]
fn quiet_prints_what_failed_alone() {
    example(&["orders.test.yaml", "orders-wrong.test.yaml", "--quiet"])
        .code(2)
        .stdout_eq(file!["snapshots/test/quiet.stdout"])
        .stderr_eq(str![]);
}

#[test]
fn the_coverage_names_what_no_case_tries() {
    example(&["orders.test.yaml", "--quiet", "--coverage"])
        .code(0)
        .stdout_eq(file!["snapshots/test/coverage.stdout"]);
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
        .stdout_eq(file!["snapshots/test/report.xml"]);
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
    .stdout_eq(file!["snapshots/test/report.json"]);
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
fn every_problem_of_a_file_is_told_at_once_with_its_place() {
    let folder = Folder::new(&[("broken.test.yaml", BROKEN)]);
    folder
        .run(&["broken.test.yaml"])
        .code(1)
        .stdout_eq(str![])
        .stderr_eq(file!["snapshots/test/broken.stderr"]);
}

const BROKEN: &str = r#"
policies: {config: orders.yaml}
fixtures:
  peers:
    frontend: {spiffeId: a, uriSans: [b]}
    cart: {extends: nobody}
    circle: {extends: round}
    round: {extends: circle}
  requests:
    read: {method: GET, path: /a, pathh: /b}
    plain: {destination: {port: 70000}}
cases:
  - name: an unknown fixture
    request: reed
    expect: allow
  - name: an unknown field
    request: {extends: plain, peer: {extends: stranger}}
    expects: deny
  - name: what cannot be
    request: {}
    expect: {decision: allow, cause: mtls-required, rule: 1}
  - name: an unknown cause
    request: {}
    expect: denied
  - name: an unknown cause
    request: {}
    workload: cart
    expect: {policy: shop/orders}
  - name: what cannot be
    request: {protocol: tcp, path: /}
    expect: deny
tables:
  - name: too few cells
    columns: [plain, {request: {}}]
    rows:
      - {peer: null, cells: [allow]}
  - name: nothing
    columns: []
    rows: []
  - name: twice
    columns: [{name: a}, {name: a}]
    rows:
      - {name: b, cells: [allow, [deny]]}
"#;

#[test]
fn a_case_that_stands_twice_is_refused() {
    let twice = format!(
        "{}  - {{name: a, request: {{}}, expect: deny}}\n",
        one_case("{}", "deny")
    );
    let folder = Folder::new(&[("twice.test.yaml", &twice)]);
    folder.run(&["twice.test.yaml"]).code(1).stderr_eq(str![[r#"
error[policy-test]: cases[1]: `a` is the name of `cases[0]` already
 --> twice.test.yaml:4:6
  |
4 |   - {name: a, request: {}, expect: deny}
  |      ^^^^
  |
  = note: at `cases[1]`

1 error in 1 document of 1 file

"#]]);
}

#[test]
fn no_case_at_all_is_an_error() {
    for text in [
        "policies: {config: orders.yaml}\n",
        "policies: {config: orders.yaml}\ncases: []\ntables: []\n",
    ] {
        let folder = Folder::new(&[("none.test.yaml", text)]);
        folder.run(&["none.test.yaml"]).code(1).stderr_eq(str![[r#"
error[policy-test]: there is no case: neither `cases` nor `tables` has anything
 --> none.test.yaml:1:1
  |
1 | policies: {config: orders.yaml}
  | ^^^^^^^^

1 error in 1 document of 1 file

"#]]);
    }
}

#[test]
fn what_is_no_test_file_is_an_error_at_once() {
    let deep = "[".repeat(100_000);
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned()
        + &(0..9).fold(String::new(), |mut text, level| {
            let _ = writeln!(text, "b{level}: &b{level} [*a, *a, *a, *a, *a, *a, *a, *a, *a]");
            text
        });
    for text in [
        "",
        "# nothing\n",
        "[]",
        "text",
        "{",
        "a: b: c",
        "\0\u{1}\u{2}",
        &deep,
        &bomb,
    ] {
        let folder = Folder::new(&[("odd.test.yaml", text)]);
        folder.run(&["odd.test.yaml"]).code(1).stdout_eq(str![]);
    }
    let folder = Folder::new(&[]);
    std::fs::write(folder.path("odd.test.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    folder.run(&["odd.test.yaml"]).code(1);
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let folder = Folder::new(&[]);
    folder.run(&["none.test.yaml"]).code(1).stderr_eq(str![[r#"
error[unreadable-file]: cannot read `none.test.yaml`: No such file or directory (os error 2)
 |
 = help: check the name; it is looked for from the current folder

1 error in 0 documents of 1 file

"#]]);
}

#[test]
fn a_folder_without_tests_is_an_error() {
    Folder::new(&[]).run(&[]).code(1).stderr_eq(str![[r#"
error: no file `*.test.yaml`, `*.test.yml` or `*.test.json` in `.`

"#]]);
}

#[test]
fn wrong_use_is_an_error() {
    example(&["--fail-under", "101"]).code(1);
    example(&["--format", "xml"]).code(1);
    example(&["-", "--watch"]).code(1).stderr_eq(str![[r#"
error: `--watch` needs files: standard input is read once

"#]]);
}

#[test]
fn policies_that_are_invalid_are_told_as_such() {
    let test = one_case("{}", "deny");
    let invalid = "workload: {namespace: shop}\nresources: 1\n";
    let folder = Folder::new(&[("a.test.yaml", &test)]);
    folder.write("orders.yaml", invalid);
    folder.run(&["a.test.yaml"]).code(3);
}

#[test]
fn policies_in_the_file_itself_that_are_invalid_are_told_with_their_places() {
    let test = "policies: {configuration: {workload: {namespace: shop}, resources: 1}}\n\
                cases: [{name: a, request: {}, expect: deny}]\n";
    let folder = Folder::new(&[("a.test.yaml", test)]);
    folder.run(&["a.test.yaml"]).code(3).stderr_eq(str![[r#"
error[wrong-kind]: `resources`: expected a list, found the number `1`
 --> a.test.yaml:1:68
  |
1 | policies: {configuration: {workload: {namespace: shop}, resources: 1}}
  |                                                                    ^ expected a list
  |
  = help: put it in a list: `["…"]`, or on a line of its own behind `- `

1 error in 1 document of 1 file

"#]]);
}

/// Each workload has its own policies.
const WORKLOADS: &str = r#"
policies: {files: [policies], trustDomain: shop.example, profile: istio}
workloads:
  orders: {namespace: shop, labels: {app: orders}}
  cart: {namespace: shop, labels: {app: cart}}
request: {peer: {spiffeId: "spiffe://shop.example/ns/shop/sa/frontend"}, method: GET}
cases:
  - {name: the frontend may ask orders, workload: orders, request: {}, expect: {cause: matched-allow, policy: shop/orders}}
  - {name: nothing speaks for the cart, workload: cart, request: {}, expect: no-allow-policy}
tables:
  - name: by workload
    columns: [{name: orders, workload: orders}, {name: cart, workload: cart}]
    rows:
      - {name: GET, cells: [allow, allow]}
      - {name: PUT, request: {method: PUT}, cells: [deny, allow]}
"#;

const ISTIO: &str = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules:
    - from: [{source: {principals: ["shop.example/ns/shop/sa/frontend"]}}]
      to: [{operation: {methods: [GET]}}]
"#;

#[test]
fn one_file_asks_several_workloads_of_istio_documents() {
    let folder = Folder::new(&[("shop.test.yaml", WORKLOADS), ("policies/orders.yaml", ISTIO)]);
    folder
        .run(&["--fail-under", "100"])
        .code(0)
        .stdout_eq(file!["snapshots/test/workloads.stdout"]);
}

#[test]
fn a_case_has_to_say_which_of_several_workloads_it_asks() {
    let unclear = WORKLOADS.replace("name: the frontend may ask orders, workload: orders,", "name: a,");
    let unknown = WORKLOADS.replace("workload: cart, request", "workload: card, request");
    let folder = Folder::new(&[
        ("unclear.test.yaml", &unclear),
        ("unknown.test.yaml", &unknown),
        ("policies/orders.yaml", ISTIO),
    ]);
    folder.run(&[]).code(1).stderr_eq(str![[r#"
error[policy-test]: cases[0].workload: missing: which workload is asked; there are `orders`, `cart`
 --> unclear.test.yaml:8:6
  |
8 |   - {name: a, request: {}, expect: {cause: matched-allow, policy: shop/orders}}
  |      ^^^^
  |
  = note: at `cases[0].workload`

1 error in 1 document of 1 file
error[policy-test]: cases[1].workload: no workload of the name `card` in `workloads`: there are `orders`, `cart`
 --> unknown.test.yaml:9:51
  |
9 |   - {name: nothing speaks for the cart, workload: card, request: {}, expect: no-allow-policy}
  |                                                   ^^^^
  |
  = note: at `cases[1].workload`

1 error in 1 document of 1 file

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
        .stdout_eq(file!["snapshots/test/watching.stdout"]);
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
        .stdout_eq(file!["snapshots/test/large.stdout"]);
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

fn schema() -> jsonschema::Validator {
    let path = root().join("docs/schema/policy-tests.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn yaml(text: &str) -> serde_json::Value {
    serde_saphyr::from_str(text).unwrap()
}

#[test]
fn the_schema_admits_what_the_command_admits() {
    let schema = schema();
    let names = ["orders.test.yaml", "orders-wrong.test.yaml"];
    let mut texts: Vec<String> = names
        .map(|name| std::fs::read_to_string(examples().join(name)).unwrap())
        .into();
    texts.extend([
        WORKLOADS.to_owned(),
        one_case("{peer: null, headers: [[a, b]]}", "deny"),
    ]);
    for text in texts {
        let errors: Vec<String> = schema
            .iter_errors(&yaml(&text))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:?} in {text}");
    }
}

#[test]
fn the_schema_refuses_what_the_command_refuses() {
    let schema = schema();
    let case = "cases: [{name: a, request: {}, expect: deny}]";
    for text in [
        case.to_owned(),
        "policies: {config: orders.yaml}".to_owned(),
        format!("policies: {{}}\n{case}"),
        format!("policies: {{config: a, files: [b]}}\n{case}"),
        format!("policies: {{configuration: {{}}, profile: istio}}\n{case}"),
        format!("policies: {{config: orders.yaml, profile: strict}}\n{case}"),
        format!("policies: {{config: orders.yaml, labels: {{a: b}}}}\n{case}"),
        format!("policies: {{config: orders.yaml}}\nworkload: a\n{case}"),
        format!("policies: {{config: orders.yaml}}\nworkloads: {{}}\n{case}"),
        one_case("{pathh: /}", "deny"),
        one_case("{headers: [[a]]}", "deny"),
        one_case("{destination: {port: 65536}}", "deny"),
        one_case("{}", "denied"),
        one_case("{}", "{policy: a/b}"),
        one_case("{}", "{decision: allow, rule: 0}"),
        one_case("{}", "{decision: allow, rules: 0}"),
    ] {
        assert!(!schema.is_valid(&yaml(&text)), "{text}");
        let folder = Folder::new(&[("a.test.yaml", &text)]);
        folder.run(&["a.test.yaml"]).code(1);
    }
}

#[test]
fn the_schema_knows_every_cause() {
    let path = root().join("docs/schema/policy-tests.schema.json");
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut known: Vec<&str> = schema["$defs"]["cause"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause.as_str().unwrap())
        .collect();
    let mut causes: Vec<&str> = Cause::all().iter().map(|cause| cause.code).collect();
    known.sort_unstable();
    causes.sort_unstable();
    causes.dedup();
    assert_eq!(known, causes);
}
