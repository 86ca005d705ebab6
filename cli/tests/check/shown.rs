//! What people are shown, whole: each snapshot is one thing that goes wrong.

use std::path::Path;

use snapbox::cmd::{Command, OutputAssert};
use tempfile::TempDir;

/// Runs `check` in a folder of these files; the summary on standard error goes behind the findings.
fn shown(files: &[(&str, &[u8])], arguments: &[&str]) -> OutputAssert {
    let folder = super::folder(files);
    in_folder(&folder, arguments)
}

fn in_folder(folder: &TempDir, arguments: &[&str]) -> OutputAssert {
    in_path(folder.path(), arguments)
}

fn in_path(folder: &Path, arguments: &[&str]) -> OutputAssert {
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .stdin("")
        .stderr_to_stdout()
        .assert()
}

macro_rules! shown {
    ($($name:ident: $code:literal, $outcome:expr => $file:literal;)*) => {$(
        #[test]
        fn $name() {
            $outcome.code($code).stdout_eq(snapbox::file![$file]);
        }
    )*};
}

shown! {
    a_mistake_in_yaml_is_shown_with_its_line_and_what_to_write:
        3, shown(&[("orders.yaml", MISTAKES.as_bytes())], &["-f", "orders.yaml"])
        => "../snapshots/check/yaml.txt";
    a_mistake_in_json_is_shown_with_its_line_too:
        3, shown(&[("orders.json", JSON.as_bytes())], &["-f", "orders.json"])
        => "../snapshots/check/json.txt";
    a_mistake_in_json_on_one_line_is_shown_with_what_is_around_it:
        3, shown(&[("orders.json", one_line(JSON).as_bytes())], &["-f", "orders.json"])
        => "../snapshots/check/json-one-line.txt";
    a_mistake_in_a_plugin_configuration_is_shown_with_its_place:
        3, shown(&[("plugin.yaml", PLUGIN.as_bytes())], &["--config", "plugin.yaml"])
        => "../snapshots/check/plugin.txt";
    a_mistake_in_a_wasm_plugin_is_shown_with_its_place:
        3, shown(&[("plugin.yaml", WASM_PLUGIN.as_bytes())], &["--config", "plugin.yaml"])
        => "../snapshots/check/wasm-plugin.txt";
    mistakes_of_several_files_are_shown_in_their_order:
        3, shown(&several(), &["-f", "."])
        => "../snapshots/check/several-files.txt";
    syntax_errors_of_several_files_are_shown_at_once:
        3, shown(&several_broken(), &["-f", "."])
        => "../snapshots/check/several-broken.txt";
    a_lint_of_each_severity_is_shown_with_what_to_do:
        3, shown(&[("shop.yaml", LINTS.as_bytes())], &["-f", "shop.yaml", "--profile", "istio"])
        => "../snapshots/check/lints.txt";
    who_is_not_in_the_inventory_is_shown_with_who_is_meant:
        0, shown(
            &[("shop.yaml", UNKNOWN.as_bytes()), ("inventory.yaml", INVENTORY.as_bytes())],
            &["-f", "shop.yaml", "--inventory", "inventory.yaml"],
        )
        => "../snapshots/check/inventory.txt";
    an_inventory_that_is_none_is_shown_with_the_reason:
        1, shown(
            &[("shop.yaml", UNKNOWN.as_bytes()), ("inventory.yaml", b"namespace: [shop]\nspiffeIds: shop\n")],
            &["-f", "shop.yaml", "--inventory", "inventory.yaml"],
        )
        => "../snapshots/check/inventory-broken.txt";
    a_broken_document_between_two_good_ones_is_the_one_that_is_shown:
        3, shown(&[("shop.yaml", between(BROKEN).as_bytes())], &["-f", "shop.yaml"])
        => "../snapshots/check/broken-between.txt";
    a_text_that_is_never_closed_is_shown_where_it_begins:
        3, shown(&[("shop.yaml", between("a: \"x\nb: 1\n").as_bytes())], &["-f", "shop.yaml"])
        => "../snapshots/check/never-closed.txt";
    a_list_that_is_never_closed_is_shown:
        3, shown(&[("shop.yaml", b"kind: List\nitems: [\n")], &["-f", "shop.yaml"])
        => "../snapshots/check/never-closed-list.txt";
    a_tab_is_shown_as_what_it_is:
        3, shown(&[("shop.yaml", b"kind: AuthorizationPolicy\nmetadata:\n\tname: orders\n")], &["-f", "shop.yaml"])
        => "../snapshots/check/tab.txt";
    broken_json_is_shown_as_json:
        3, shown(&[("orders.json", b"{\n  \"kind\": \"AuthorizationPolicy\"\n  \"metadata\": {}\n}\n")], &["-f", "orders.json"])
        => "../snapshots/check/json-broken.txt";
    what_is_binary_is_named:
        3, shown(&[("garbage.yaml", &GARBAGE)], &["-f", "garbage.yaml"])
        => "../snapshots/check/garbage.txt";
    what_is_no_utf_8_is_named:
        3, shown(&[("latin.yaml", b"kind: List\nitems: [] # Gr\xfc\xdfe\n")], &["-f", "latin.yaml"])
        => "../snapshots/check/latin.txt";
    aliases_that_stand_for_too_much_are_shown:
        3, shown(&[("bomb.yaml", bomb().as_bytes())], &["-f", "bomb.yaml"])
        => "../snapshots/check/bomb.txt";
    a_document_of_another_kind_is_shown_with_the_kinds_that_are_meant:
        3, shown(&[("kinds.yaml", KINDS.as_bytes())], &["-f", "kinds.yaml"])
        => "../snapshots/check/kinds.txt";
    documents_of_others_are_named_below:
        0, shown(&[("service.yaml", OTHERS.as_bytes())], &["-f", "service.yaml"])
        => "../snapshots/check/others.txt";
    a_policy_as_a_plugin_configuration_is_told_what_it_is:
        3, shown(&[("orders.yaml", super::POLICY.as_bytes())], &["--config", "orders.yaml"])
        => "../snapshots/check/policy-as-plugin.txt";
    a_plugin_configuration_as_a_policy_is_told_what_it_is:
        3, shown(&[("plugin.yaml", b"workload: {namespace: shop}\nresources: []\n")], &["-f", "plugin.yaml"])
        => "../snapshots/check/plugin-as-policy.txt";
    a_file_that_is_nowhere_is_named:
        1, shown(&[], &["-f", "nowhere.yaml"])
        => "../snapshots/check/nowhere.txt";
    a_folder_without_policies_is_named:
        0, shown(&[("README.md", b"# no policy\n")], &["-f", "."])
        => "../snapshots/check/empty-folder.txt";
    an_empty_file_is_named:
        3, shown(&[("empty.yaml", b"# nothing\n")], &["-f", "empty.yaml"])
        => "../snapshots/check/empty-file.txt";
    a_lint_that_is_none_is_told_with_the_nearest:
        1, shown(&[], &["-f", ".", "--deny", "spiffe-sheme"])
        => "../snapshots/check/no-such-lint.txt";
    a_character_that_steers_a_terminal_is_named:
        3, shown(&[("shop.yaml", b"kind: \"\x1b[31mred\"\n")], &["-f", "shop.yaml"])
        => "../snapshots/check/escape.txt";
    an_alias_of_nothing_is_shown:
        3, shown(&[("shop.yaml", b"hosts:\n  - *.shop\n")], &["-f", "shop.yaml"])
        => "../snapshots/check/alias-of-nothing.txt";
    what_is_wide_tall_or_invisible_is_underlined_where_it_stands:
        3, shown(&[("wide.yaml", WIDE.as_bytes())], &["-f", "wide.yaml"])
        => "../snapshots/check/wide.txt";
    what_is_not_looked_at_is_told_behind_the_findings:
        0, shown(&[("many.yaml", super::many().as_bytes())], &["-f", "many.yaml", "--allow", "notes"])
        => "../snapshots/check/not-looked-at.txt";
}

const MISTAKES: &str = "\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  action: ALOW
  selector: {matchLabels: {app: orders}}
  rules:
    - from: [{source: {prinicpals: [\"cluster.local/ns/shop/sa/frontend\"]}}]
      to: [{operation: {methods: GET, ports: [8080]}}]
    - principals: [\"cluster.local/ns/shop/sa/frontend\"]
  rules: []
";

const JSON: &str = r#"{
  "apiVersion": "security.istio.io/v1",
  "kind": "AuthorizationPolicy",
  "metadata": {"name": "orders", "namespace": "shop"},
  "spec": {
    "selector": {"matchLabels": {"app": "orders"}},
    "rules": [
      {
        "from": [{"source": {"principals": ["cluster.local/ns/shop/sa/frontend"]}}],
        "to": [{"operation": {"method": ["GET"], "paths": ["/orders/*"]}}]
      }
    ]
  }
}
"#;

const PLUGIN: &str = "\
profile: strict
workload: {namespace: shop, label: {app: orders}}
resources:
  - apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: shop}
    spec: {mtls: {mode: strict}}
";

const WASM_PLUGIN: &str = "\
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: {name: spiffe-authz, namespace: shop}
spec:
  url: oci://registry.example/spiffe-authz
  pluginConfig:
    workload: {namespace: shop}
    resource: []
";

const LINTS: &str = "\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: orders}}
  rules:
    - from: [{source: {principals: [\"spiffe://cluster.local/ns/shop/sa/frontend\"]}}]
      to: [{operation: {methods: [\"GET\"], paths: [\"/orders*\"]}}]
    - from: [{source: {principals: [\"other.example/ns/shop/sa/frontend\"]}}]
      to: [{operation: {methods: [\"GET\"], paths: [\"/orders/*\"]}}]
";

const UNKNOWN: &str = "\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  selector: {matchLabels: {app: ordres}}
  rules:
    - from: [{source: {principals: [\"cluster.local/ns/shop/sa/fronted\"]}}]
      to: [{operation: {methods: [\"GET\"], paths: [\"/orders/*\"]}}]
    - from: [{source: {namespaces: [\"shpo\"]}}]
      to: [{operation: {methods: [\"GET\"], paths: [\"/stock/*\"]}}]
";

const INVENTORY: &str = "\
namespaces: [shop, istio-system]
spiffeIds:
  - spiffe://cluster.local/ns/shop/sa/frontend
  - spiffe://cluster.local/ns/shop/sa/orders
workloads:
  - {namespace: shop, labels: {app: orders}}
  - {namespace: shop, labels: {app: frontend}}
";

const BROKEN: &str = "\
kind: AuthorizationPolicy
metadata: {name: payments, namespace: shop
spec: {}
";

/// The beginning of a program.
const GARBAGE: [u8; 64] = {
    let mut bytes = [0x90; 64];
    let magic = *b"\x7fELF\x02\x01\x01\0";
    let mut at = 0;
    while at < magic.len() {
        bytes[at] = magic[at];
        at += 1;
    }
    bytes
};

const KINDS: &str = "\
kind: AuthorizationPolicie
metadata: {name: orders, namespace: shop}
---
apiVersion: security.istio.io/v2
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec: {}
---
- kind: AuthorizationPolicy
---
just text
";

const OTHERS: &str = "\
apiVersion: v1
kind: Service
metadata: {name: orders}
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: orders, namespace: shop}
---
apiVersion: v1
kind: Service
metadata: {name: payments}
";

const WIDE: &str = "\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: orders, namespace: shop}
spec:
  rules:
    - to: [{operation: {paths: [\"/表/😀/e\u{301}\"], path: [\"/x\"]}}]
    - to: [{operation: {paths: [\"red\u{202e}\"], path: [\"/x\"]}}]
    - {to: [{operation:\t{path: [\"/x\"]}}]}
  action: \"\\e[31mDENY\"
";

/// The document between two that are sound.
fn between(document: &str) -> String {
    let policy = super::POLICY;
    let other = policy.replacen("name: orders", "name: other", 1);
    format!("{policy}---\n{document}---\n{other}")
}

fn one_line(json: &str) -> String {
    let lines = json.lines().map(str::trim);
    lines.collect()
}

fn bomb() -> String {
    let level = |level: usize| {
        let aliases = vec![format!("*a{}", level.saturating_sub(1)); 9].join(", ");
        format!("a{level}: &a{level} [{aliases}]\n")
    };
    let levels: String = (1..9).map(level).collect();
    format!("a0: &a0 [x]\n{levels}")
}

fn several() -> [(&'static str, &'static [u8]); 3] {
    [
        (
            "a.yaml",
            b"kind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: ON}}\n",
        ),
        ("b.yaml", super::POLICY.as_bytes()),
        (
            "c.yaml",
            b"kind: AuthorizationPolicy\nmetadata: {name: payments}\nspec: {rule: []}\n---\n\
              kind: AuthorizationPolicy\nmetadata: {name: orders, namespace: shop}\nspec: {action: BLOCK}\n",
        ),
    ]
}

fn several_broken() -> [(&'static str, &'static [u8]); 3] {
    [
        ("a.yaml", b"a: [1, 2\nb: 3\n---\nkind: X\n x: y\n"),
        ("b.yaml", b"metadata: {name: orders}}\n"),
        ("c.yaml", super::POLICY.as_bytes()),
    ]
}
