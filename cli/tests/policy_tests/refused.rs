//! Files that are no tests, and policies that are none.

use snapbox::file;

use super::*;

#[test]
fn every_problem_of_a_file_is_told_at_once_with_its_place() {
    let folder = Folder::new(&[("broken.test.yaml", BROKEN)]);
    folder
        .run(&["broken.test.yaml"])
        .code(1)
        .stdout_eq(str![])
        .stderr_eq(file!["../snapshots/test/broken.stderr"]);
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
