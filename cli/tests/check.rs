//! `spiffe-authz check`: findings, formats, exit codes, and what is thrown at it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

#[path = "check/shown.rs"]
mod shown;

const POLICY: &str = "\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules:
    - from: [{source: {principals: [\"cluster.local/ns/shop/sa/frontend\"]}}]
      to: [{operation: {methods: [\"GET\"], paths: [\"/orders/*\"]}}]
";

struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs `check` in a folder of these files.
fn check(files: &[(&str, &[u8])], arguments: &[&str]) -> Outcome {
    let folder = folder(files);
    check_in(folder.path(), arguments)
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn check_in(folder: &Path, arguments: &[&str]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Outcome {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn json(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap()
}

/// What is said of one broken policy, as `code line:column`.
fn said_of(policy: &str) -> Vec<String> {
    let outcome = check(
        &[("p.yaml", policy.as_bytes())],
        &["-f", "p.yaml", "--format", "json"],
    );
    said_by(&outcome)
}

fn said_by(outcome: &Outcome) -> Vec<String> {
    assert_eq!(outcome.code, 3, "{}{}", outcome.stdout, outcome.stderr);
    let document = json(outcome);
    let said = document["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnostic| {
            let at = &diagnostic["location"];
            format!(
                "{} {}:{}",
                diagnostic["code"].as_str().unwrap(),
                at["line"],
                at["column"]
            )
        });
    said.collect()
}

#[test]
fn every_kind_of_mistake_is_told_at_its_place() {
    for (from, to, expected) in [
        ("rules:", "rule:", "unknown-field 6:3"),
        ("[\"GET\"]", "GET", "wrong-kind 8:34"),
        ("[\"GET\"]", "[1]", "wrong-kind 8:35"),
        ("name: orders, ", "", "missing-field 3:1"),
        ("  selector:", "  action: ALOW\n  selector:", "invalid-value 5:11"),
        ("  selector:", "  rules: []\n  selector:", "duplicate-field 7:3"),
    ] {
        let broken = POLICY.replacen(from, to, 1);
        assert_eq!(said_of(&broken), [expected], "{broken}");
    }
}

#[test]
fn a_misspelt_word_is_answered_with_the_nearest() {
    for (from, to, meant) in [
        ("methods", "method", "`methods`"),
        ("principals", "prinicpals", "`principals`"),
        ("selector", "selecter", "`selector`"),
    ] {
        let broken = POLICY.replacen(from, to, 1);
        let outcome = check(&[("p.yaml", broken.as_bytes())], &["-f", "p.yaml"]);
        let help = format!("help: did you mean {meant}?");
        assert!(outcome.stdout.contains(&help), "{}", outcome.stdout);
    }
}

#[test]
fn what_is_sound_is_exit_code_0_and_an_empty_answer() {
    let outcome = check(
        &[("p.yaml", POLICY.as_bytes())],
        &["-f", "p.yaml", "--allow", "warnings", "--allow", "notes"],
    );
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (0, ""),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.stderr.contains("no problems in 1 document of 1 file"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn syntax_errors_of_all_files_and_documents_are_told_at_once() {
    let files: [(&str, &[u8]); 3] = [
        ("a.yaml", b"a: [1, 2\nb: 3\n---\nkind: X\n x: y\n"),
        ("b.yaml", b"a: \"x\n"),
        ("c.yaml", POLICY.as_bytes()),
    ];
    let outcome = check(&files, &["-f", "."]);
    assert_eq!(outcome.code, 3);
    assert_eq!(
        outcome.stdout.matches("error[syntax]").count(),
        3,
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("./b.yaml:"), "{}", outcome.stdout);
}

#[test]
fn the_elements_of_a_list_are_told_at_their_place() {
    let items = POLICY.replacen("rules:", "rule:", 1);
    let items: Vec<String> = items.lines().map(|line| format!("    {line}\n")).collect();
    let list = format!("kind: List\nitems:\n  -\n{}", items.concat());
    assert_eq!(said_of(&list), ["unknown-field 9:7"]);
}

#[test]
fn the_configuration_of_a_wasm_plugin_is_taken_out_of_it() {
    let plugin =
        "kind: WasmPlugin\nspec:\n  pluginConfig:\n    workload: {namespace: shop}\n    resource: []\n";
    let outcome = check(
        &[("p.yaml", plugin.as_bytes())],
        &["--config", "p.yaml", "--format", "json"],
    );
    let lines: Vec<Value> = json(&outcome)["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnostic| diagnostic["location"]["line"].clone())
        .collect();
    assert_eq!(
        (outcome.code, lines),
        (3, vec![3.into(), 5.into()]),
        "{}",
        outcome.stdout
    );
}

#[test]
fn the_configuration_of_a_traffic_extension_is_taken_out_of_it() {
    let empty = "kind: TrafficExtension\nspec: {wasm: {url: oci://a}}\n";
    let full = "kind: TrafficExtension\nspec:\n  wasm:\n    pluginConfig:\n      resources: []\n      resource: []\n";
    for (text, said) in [(empty, ["missing-field 1:1"]), (full, ["unknown-field 6:7"])] {
        let outcome = check(
            &[("t.yaml", text.as_bytes())],
            &["--config", "t.yaml", "--format", "json"],
        );
        assert_eq!(said_by(&outcome), said, "{}", outcome.stdout);
    }
}

#[test]
fn documents_of_others_are_passed_over_and_counted() {
    let service = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: orders}}\n---\n{POLICY}");
    let outcome = check(
        &[("p.yaml", service.as_bytes())],
        &["-f", "p.yaml", "--format", "json"],
    );
    assert_eq!(json(&outcome)["summary"]["passedOver"]["Service"], 1);
    assert_eq!(json(&outcome)["summary"]["documents"], 2);
}

#[test]
fn a_lint_is_an_error_or_nothing_as_asked() {
    let spiffe = POLICY.replacen("cluster.local/", "spiffe://cluster.local/", 1);
    let files: [(&str, &[u8]); 1] = [("p.yaml", spiffe.as_bytes())];
    let code = |arguments: &[&str]| {
        let arguments = [&["-f", "p.yaml", "--profile", "istio"], arguments].concat();
        check(&files, &arguments).code
    };
    assert_eq!(code(&["--deny", "spiffe-scheme"]), 3);
    assert_eq!(
        code(&[
            "--allow",
            "spiffe-scheme",
            "--allow",
            "warnings",
            "--allow",
            "notes"
        ]),
        0
    );
    assert_eq!(code(&["--deny", "no-such-lint"]), 1);
}

#[test]
fn what_cannot_be_read_is_exit_code_1() {
    let files: [(&str, &[u8]); 1] = [("p.yaml", POLICY.as_bytes())];
    for arguments in [
        &["-f", "nowhere.yaml"][..],
        &["-f", "p.yaml", "-f", "nowhere.yaml"],
        &["--config", "."],
        &["-f", "p.yaml", "--inventory", "nowhere.yaml"],
        &["-f", "p.yaml", "--config", "p.yaml"],
        &[],
    ] {
        let outcome = check(&files, arguments);
        assert_eq!(
            outcome.code, 1,
            "{arguments:?} {}{}",
            outcome.stdout, outcome.stderr
        );
        assert!(!outcome.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn what_is_no_document_is_exit_code_3_with_the_reason() {
    let deep = "[".repeat(1_000_000);
    let nested = format!("{}x{}", "[".repeat(100), "]".repeat(100));
    let multiplied: Vec<String> = (1..30)
        .map(|level| {
            format!(
                "a{level}: &a{level} [{}]\n",
                vec![format!("*a{}", level - 1); 9].join(",")
            )
        })
        .collect();
    let bomb = format!("a0: &a0 [x]\n{}", multiplied.concat());
    let chained: Vec<String> = (1..500)
        .map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1))
        .collect();
    let chain = format!("a0: &a0 [x]\n{}", chained.concat());
    for (content, reason) in [
        (&b"\x7fELF\0\0"[..], "a binary file"),
        (b"a: \xff", "no UTF-8 in line 1"),
        (b"\xff\xfea\0", "UTF-16"),
        (b"", "holds no document"),
        (b"# nothing\n", "holds no document"),
        (deep.as_bytes(), "recursion limit exceeded"),
        (nested.as_bytes(), "nested too deeply"),
        (bomb.as_bytes(), "stand for more than is read"),
        (chain.as_bytes(), "nested too deeply"),
        (b"a: *b\n", "error[syntax]"),
        (b"on: x\n", "expected a field name"),
        (b"just text\n", "wrong-kind"),
    ] {
        for option in ["-f", "--config"] {
            let outcome = check(&[("p.yaml", content)], &[option, "p.yaml"]);
            let shown = outcome.stdout.get(..400).unwrap_or(&outcome.stdout);
            assert_eq!(outcome.code, 3, "{reason}: {shown}");
            assert!(outcome.stdout.contains(reason), "{reason}: {shown}");
        }
    }
}

#[test]
fn a_file_of_a_hundred_megabytes_is_refused() {
    let folder = folder(&[]);
    let file = File::create(folder.path().join("large.yaml")).unwrap();
    file.set_len(100 << 20).unwrap();
    let outcome = check_in(folder.path(), &["-f", "large.yaml"]);
    assert_eq!(outcome.code, 3);
    assert!(
        outcome.stdout.contains("at most 16 MiB are read"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_thousand_problems_are_told_of_in_bounds() {
    let fields: Vec<String> = (0..3_000).map(|index| format!("  f{index}: 1\n")).collect();
    let policy = format!("{POLICY}{}", fields.concat());
    let outcome = check(&[("p.yaml", policy.as_bytes())], &["-f", "p.yaml"]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.stdout.len() < 100_000, "{}", outcome.stdout.len());
    assert!(
        outcome.stdout.contains("more are not shown"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn sarif_names_rules_levels_and_regions() {
    let broken = POLICY.replacen("rules:", "rule:", 1);
    let outcome = check(
        &[("a b.yaml", broken.as_bytes())],
        &["-f", "a b.yaml", "--format", "sarif"],
    );
    let log = json(&outcome);
    let schema: Value = serde_json::from_str(include_str!("check/sarif.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &log), "{log:#}");
    let result = &log["runs"][0]["results"][0];
    let physical = &result["locations"][0]["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "a%20b.yaml");
    assert_eq!(physical["region"]["startLine"], 6);
    assert_eq!(
        log["runs"][0]["tool"]["driver"]["rules"][0]["id"],
        result["ruleId"]
    );
}

#[test]
fn junit_has_a_suite_for_each_file_and_a_failure_for_each_error() {
    let broken = POLICY.replacen("rules:", "rule:", 1);
    let files: [(&str, &[u8]); 1] = [("p.yaml", broken.as_bytes())];
    let outcome = check(&files, &["-f", "p.yaml", "--format", "junit"]);
    assert_eq!(outcome.code, 3);
    for part in [
        "<testsuite name=\"p.yaml\" tests=\"1\"",
        "failures=\"1\"",
        "unknown-field at 6:3",
    ] {
        assert!(outcome.stdout.contains(part), "{part}: {}", outcome.stdout);
    }
}

/// Policies of one namespace that name nobody: more than a rule is compared with.
fn many() -> String {
    let one = |index: usize| {
        format!(
            "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n\
             metadata: {{name: p{index}, namespace: shop}}\n\
             spec:\n  rules:\n    - to: [{{operation: {{paths: [\"/p{index}/\"]}}}}]\n"
        )
    };
    (0..66).map(one).collect()
}

#[test]
fn what_is_not_looked_at_is_told_in_every_format() {
    let said = |format: &str, more: &[&str]| {
        let arguments = [&["-f", "many.yaml", "--format", format], more].concat();
        let outcome = check(&[("many.yaml", many().as_bytes())], &arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome
    };
    let told = &json(&said("json", &[]))["notLookedAt"];
    let place = &told[0]["place"];
    assert_eq!(
        (&told[0]["bound"], place),
        (&"rules-beside".into(), &"resources[0].spec.rules[0]".into())
    );
    assert_eq!(
        (&told[0]["count"], &told[0]["location"]["line"]),
        (&66.into(), &7.into())
    );

    let log = json(&said("sarif", &[]));
    let schema: Value = serde_json::from_str(include_str!("check/sarif.schema.json")).unwrap();
    assert!(jsonschema::is_valid(&schema, &log), "{log:#}");
    let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notifications[0]["properties"]["codes"], told[0]["codes"]);

    let junit = said("junit", &[]).stdout;
    assert!(junit.contains("name=\"not-looked-at at 7:7\""), "{junit}");
}

#[test]
fn of_a_lint_that_is_allowed_it_is_not_told_that_it_may_be_missing() {
    let said = |allowed: &[&str]| {
        let allowed = allowed.iter().flat_map(|code| ["--allow", code]);
        let arguments: Vec<&str> = ["-f", "many.yaml", "--format", "json"]
            .into_iter()
            .chain(allowed)
            .collect();
        let outcome = check(&[("many.yaml", many().as_bytes())], &arguments);
        json(&outcome)["notLookedAt"].clone()
    };
    let codes = ["duplicate-rule", "shadowed-rule", "denied-allow"];
    assert_eq!(said(&codes)[0]["codes"], serde_json::json!(["narrower-policy"]));
    assert_eq!(said(&["warnings"]), serde_json::json!([]));
}

#[test]
fn a_scanner_is_told_when_a_file_could_not_be_read() {
    let ended_well = |file: &str| {
        let outcome = check(
            &[("p.yaml", POLICY.as_bytes())],
            &["-f", file, "--format", "sarif"],
        );
        json(&outcome)["runs"][0]["invocations"][0]["executionSuccessful"].clone()
    };
    assert_eq!(ended_well("p.yaml"), true);
    assert_eq!(ended_well("nowhere.yaml"), false);
}

#[test]
fn a_field_that_is_given_a_hundred_thousand_times_is_told_of_at_once() {
    let fields = "  action: ALLOW\n".repeat(100_000);
    let outcome = check(
        &[("p.yaml", format!("{POLICY}{fields}").as_bytes())],
        &["-f", "p.yaml"],
    );
    assert_eq!(outcome.code, 3);
    assert!(
        outcome.stdout.contains("more are not shown"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn resources_that_are_defined_again_behind_many_others_are_told_of_at_once() {
    let policies = |range: std::ops::Range<usize>| -> String {
        let named = |index: usize| format!("---\n{}", POLICY.replacen("orders", &format!("p{index}"), 1));
        range.map(named).collect()
    };
    let text = policies(0..4_000) + &policies(3_900..4_000);
    let outcome = check(
        &[("p.yaml", text.as_bytes())],
        &["-f", "p.yaml", "--format", "json"],
    );
    let told = json(&outcome);
    let last = told["diagnostics"].as_array().unwrap().last().unwrap();
    assert_eq!((outcome.code, &last["code"]), (3, &"duplicate-resource".into()));
    // Nine lines each, of which the fourth has the name.
    assert_eq!(last["related"][0]["line"], 3_999 * 9 + 4);
}
