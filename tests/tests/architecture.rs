//! The rooms of ARCHITECTURE.md, and what each may depend on and touch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use spiffe_authz_tests::workspace;

/// Which rooms each room may use in its library and its commands. Tests and benchmarks use them all.
const EDGES: [(&str, &[&str]); 10] = [
    ("analysis", &["policy"]),
    (
        "cli",
        &[
            "analysis",
            "envoy-config",
            "host-sim",
            "pki",
            "policy",
            "simulate",
        ],
    ),
    ("demo", &["envoy-config", "pki"]),
    ("envoy-config", &[]),
    ("filter", &["policy"]),
    ("fuzz-bodies", &["filter", "host-sim", "policy"]),
    ("host-sim", &[]),
    ("pki", &[]),
    ("policy", &[]),
    ("simulate", &["host-sim", "pki", "policy"]),
];

/// The crates from outside that the two rooms which must stay small may use.
const OUTSIDE: [(&str, &[&str]); 2] = [
    (
        "policy",
        &[
            "base64",
            "ipnet",
            "percent-encoding",
            "prost",
            "prost-types",
            "regex",
            "regex-automata",
            "regex-syntax",
            "serde",
            "serde_json",
            "sha2",
            "spiffe",
            "thiserror",
            "time",
            "x509-parser",
        ],
    ),
    ("filter", &["serde", "serde_json", "sha2", "thiserror", "time"]),
];

/// Crates that belong to one room alone.
const OWNED: [(&str, &str); 2] = [("wasmtime", "host-sim"), ("rcgen", "pki")];

/// What the engine must not touch: it is pure.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::time",
    "std::process",
    "SystemTime",
    "println!",
];

/// The one place of host-sim that has files: compiled modules are kept from one test process to the next.
const MODULE_CACHE: &str = "host-sim/src/module_cache";

/// What some rooms leave to others: pure rooms have no I/O, and libraries do not print.
const LEFT_TO_OTHERS: [(&str, &[&str]); 4] = [
    (
        "analysis",
        &[
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "SystemTime",
            "println!",
        ],
    ),
    (
        "filter",
        &[
            "std::fs",
            "std::net",
            "std::env",
            "std::thread",
            "SystemTime",
            "println!",
        ],
    ),
    ("host-sim", &["std::fs", "std::env", "println!"]),
    (
        "envoy-config",
        &["std::fs", "std::env", "std::process", "println!", "tokio"],
    ),
];

/// What no code of these rooms may do that is shipped; clippy denies it there.
const NEVER_PANICS: [&str; 4] = ["policy", "filter", "host-sim", "envoy-config"];

/// Each room's dependencies that are not for tests alone, by package name.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--locked",
            "--offline",
        ])
        .current_dir(workspace::root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata in JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| (room(name(package)), shipped_dependencies(package)))
        .collect()
}

fn shipped_dependencies(package: &Value) -> BTreeSet<String> {
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    let shipped = dependencies
        .iter()
        .filter(|dependency| dependency["kind"].as_str() != Some("dev"));
    shipped.map(|dependency| name(dependency).to_owned()).collect()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("a name")
}

/// The folder of a package of the workspace.
fn room(package: &str) -> String {
    package
        .strip_prefix("spiffe-authz-")
        .expect("a package of the workspace")
        .to_owned()
}

#[test]
fn the_rooms_use_each_other_as_the_architecture_says() {
    let rooms = dependencies();
    for (name, expected) in EDGES {
        let used = rooms[name]
            .iter()
            .filter_map(|package| package.strip_prefix("spiffe-authz-"));
        assert_eq!(
            used.collect::<BTreeSet<_>>(),
            expected.iter().copied().collect(),
            "{name}"
        );
    }
    let known: BTreeSet<&str> = EDGES
        .iter()
        .map(|(name, _)| *name)
        .chain(["bench", "tests"])
        .collect();
    assert_eq!(rooms.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
}

#[test]
fn nothing_depends_on_the_tests() {
    for (name, dependencies) in dependencies() {
        assert!(!dependencies.contains("spiffe-authz-tests"), "{name}");
    }
}

#[test]
fn engine_and_filter_use_few_crates_from_outside() {
    let rooms = dependencies();
    for (name, expected) in OUTSIDE {
        let used = rooms[name]
            .iter()
            .map(String::as_str)
            .filter(|name| !name.starts_with("spiffe-authz-"));
        assert_eq!(
            used.collect::<BTreeSet<_>>(),
            expected.iter().copied().collect(),
            "{name}"
        );
    }
}

#[test]
fn some_crates_belong_to_one_room() {
    for (krate, owner) in OWNED {
        for (name, dependencies) in dependencies() {
            assert_eq!(dependencies.contains(krate), name == owner, "{name} and {krate}");
        }
    }
}

/// The source files of a room with their text, without comments.
fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    collect(&workspace::root().join(room), &mut files);
    assert!(!files.is_empty(), "{room} has sources");
    files
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let text = std::fs::read_to_string(&path).expect("text");
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            files.push((path, code.collect::<Vec<_>>().join("\n")));
        }
    }
}

#[test]
fn the_engine_touches_memory_and_nothing_else() {
    for (path, code) in sources("policy/src") {
        for impure in IMPURE {
            assert!(!code.contains(impure), "{}: {impure}", path.display());
        }
    }
}

#[test]
fn filter_host_sim_and_envoy_config_leave_files_and_printing_to_others() {
    for (room, left_to_others) in LEFT_TO_OTHERS {
        for (path, code) in sources(&format!("{room}/src")) {
            if path.starts_with(workspace::root().join(MODULE_CACHE)) {
                continue;
            }
            // The tests at the end of a file may read files.
            let shipped = code.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for word in left_to_others {
                assert!(!shipped.contains(word), "{}: {word}", path.display());
            }
        }
    }
}

#[test]
fn the_filter_exports_its_callbacks_in_its_entry_alone() {
    for (path, code) in sources("filter/src") {
        let is_entry = path.ends_with("filter/src/entry.rs");
        let exports = code.contains("no_mangle") || code.contains("export_name");
        assert_eq!(exports, is_entry, "{}", path.display());
    }
}

#[test]
fn unsafe_code_stands_in_the_filters_host_adapter_alone() {
    for (room, _) in EDGES {
        for (path, code) in sources(&format!("{room}/src")) {
            let is_adapter = path.ends_with("filter/src/proxy_wasm_host.rs");
            assert_eq!(
                code.contains("unsafe {") || code.contains("unsafe extern"),
                is_adapter,
                "{}",
                path.display()
            );
        }
    }
}

/// The text of each `#[allow(..)]` or `#[expect(..)]` of a lint of clippy.
fn exceptions(code: &str) -> impl Iterator<Item = &str> {
    let starts = code.match_indices("allow(").chain(code.match_indices("expect("));
    let attribute = |(start, _): (usize, &str)| {
        let before = code[..start].trim_end();
        let is_attribute = before.ends_with("#[") || before.ends_with("#![") || before.ends_with(',');
        let inside = code[start..].split(")]").next().unwrap_or_default();
        (is_attribute && inside.contains("clippy::")).then_some(inside)
    };
    starts.filter_map(attribute)
}

#[test]
fn every_exception_from_a_lint_has_its_reason() {
    for room in NEVER_PANICS {
        for (path, code) in sources(&format!("{room}/src")) {
            for exception in exceptions(&code) {
                assert!(exception.contains("reason ="), "{}: {exception}", path.display());
            }
        }
    }
}

#[test]
fn rooms_that_never_panic_have_the_lints_that_say_so() {
    let manifest = |room: &str| {
        let path = workspace::root().join(room).join("Cargo.toml");
        std::fs::read_to_string(path).expect("a manifest")
    };
    for room in NEVER_PANICS {
        assert!(manifest(room).contains("[lints]\nworkspace = true"), "{room}");
    }
    let denied = manifest(".");
    for lint in [
        "arithmetic_side_effects",
        "as_conversions",
        "expect_used",
        "indexing_slicing",
        "panic",
        "string_slice",
        "todo",
        "unimplemented",
        "unreachable",
        "unwrap_used",
    ] {
        assert!(denied.contains(&format!("\n{lint} = \"deny\"")), "{lint}");
    }
}

#[test]
fn host_sim_knows_neither_engine_nor_filter() {
    for (path, code) in sources("host-sim/src") {
        for word in ["spiffe_authz_policy", "spiffe_authz_filter"] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn the_engine_passes_no_field_of_the_raw_model_over() {
    // A raw struct is taken apart without `..`, so that a new field breaks the build.
    for (path, code) in sources("policy/src/compile") {
        assert!(!code.contains(", .. }"), "{}", path.display());
    }
}

#[test]
fn the_reference_interpreter_shares_no_code_with_the_engine() {
    for (path, code) in sources("tests/src/reference") {
        for word in [
            "spiffe_authz_policy",
            "spiffe_authz_filter",
            "engines::",
            "corpus::",
        ] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
    }
}
