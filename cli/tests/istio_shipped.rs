//! `envoy-config/istio/`: what is rendered is what the command renders, what is an example is what its CRD takes.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const IMAGE: &str = "oci://registry.example/spiffe-authz:0.1.0";
/// No image has this digest: an overlay names the one that is meant.
const DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Of these only what is Kubernetes' own, and what `check` reads, is left to others.
const WITHOUT_SCHEMA: [&str; 2] = ["Pod", "AuthorizationPolicy"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn shipped() -> PathBuf {
    root().join("envoy-config/istio")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn documents(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spiffe-authz"));
    command.current_dir(shipped()).args(arguments);
    command
}

fn rendered(out: &Path, more: &[&str]) {
    let mut arguments = vec!["render", "istio", "--config", "policies.yaml", "--image", IMAGE];
    arguments.extend([
        "--sha256",
        DIGEST,
        "--tcp",
        "5432",
        "--out",
        out.to_str().unwrap(),
    ]);
    arguments.extend(more);
    assert!(command(&arguments).status().unwrap().success());
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = root().join(format!("cli/tests/crd/{name}.json"));
    jsonschema::validator_for(&serde_json::from_str(&read(&path)).unwrap()).unwrap()
}

/// What is wrong with a document by the schema of its kind.
fn wrong(document: &Value) -> Vec<String> {
    let kind = document["kind"].as_str().unwrap();
    if WITHOUT_SCHEMA.contains(&kind) {
        return Vec::new();
    }
    let schema = schema(kind);
    let errors = schema.iter_errors(document);
    errors
        .map(|error| format!("{kind}: {}: {error}", error.instance_path()))
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The folders of rendered documents, with what the command is told for them.
const BASES: [(&str, &[&str]); 2] = [
    ("base", &[]),
    ("base-trafficextension", &["--api", "trafficextension"]),
];

#[test]
fn the_bases_are_what_the_command_renders() {
    for (base, flags) in BASES {
        let out = tempfile::tempdir().unwrap();
        rendered(out.path(), flags);
        let shipped: Vec<PathBuf> = documents_of(base);
        let rendered = files(out.path());
        assert_eq!(
            shipped.iter().map(|path| name(path)).collect::<Vec<_>>(),
            rendered.iter().map(|path| name(path)).collect::<Vec<_>>()
        );
        for (shipped, rendered) in shipped.iter().zip(&rendered) {
            assert_eq!(read(shipped), read(rendered), "{}", shipped.display());
        }
    }
}

fn documents_of(base: &str) -> Vec<PathBuf> {
    let mut files = files(&shipped().join(base));
    files.retain(|path| name(path) != "kustomization.yaml");
    files
}

#[test]
fn the_bases_list_every_document_of_their_folder() {
    for (base, _) in BASES {
        let kustomization = documents(&read(&shipped().join(base).join("kustomization.yaml")));
        let listed: Vec<&str> = kustomization[0]["resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|resource| resource.as_str().unwrap())
            .collect();
        let there = documents_of(base);
        assert_eq!(listed, there.iter().map(|path| name(path)).collect::<Vec<_>>());
    }
}

#[test]
fn every_document_is_what_its_crd_takes() {
    for folder in ["base", "base-trafficextension", "examples"] {
        for path in files(&shipped().join(folder)) {
            if path.extension().unwrap() != "yaml" || name(&path) == "kustomization.yaml" {
                continue;
            }
            for document in documents(&read(&path)) {
                assert_eq!(wrong(&document), [""; 0], "{}", path.display());
            }
        }
    }
    let role = serde_json::from_str(&read(&shipped().join("examples/vault-pki-role.json"))).unwrap();
    assert!(schema("vault-pki-role").is_valid(&role));
}

#[test]
fn the_schemas_refuse_what_would_be_no_svid_or_no_mutual_tls() {
    let certificate = &documents(&read(&shipped().join("examples/cert-manager.yaml")))[0];
    let mut two_names = certificate.clone();
    two_names["spec"]["uris"]
        .as_array_mut()
        .unwrap()
        .push("spiffe://a/b".into());
    assert!(!wrong(&two_names).is_empty());
    let mutual = &documents(&read(&shipped().join("examples/destination-rule.yaml")))[1];
    let mut without_key = mutual.clone();
    let tls = without_key.pointer_mut("/spec/trafficPolicy/tls").unwrap();
    tls.as_object_mut().unwrap().remove("privateKey");
    assert!(!wrong(&without_key).is_empty());
}

#[test]
fn the_policies_of_base_and_examples_have_no_error_and_the_base_no_warning() {
    let base = command(&[
        "check",
        "--quiet",
        "--deny",
        "warnings",
        "--config",
        "policies.yaml",
    ]);
    let plugin = command(&[
        "check",
        "--quiet",
        "--config",
        "base/01-wasmplugin-spiffe-authz.yaml",
    ]);
    let traffic_extension = command(&[
        "check",
        "--quiet",
        "--config",
        "base-trafficextension/01-trafficextension-spiffe-authz.yaml",
    ]);
    let examples = [
        "peer-authentication.yaml",
        "gateway.yaml",
        "destination-rule.yaml",
    ];
    let examples = examples.map(|name| command(&["check", "--quiet", "-f", &format!("examples/{name}")]));
    for mut checked in [base, plugin, traffic_extension].into_iter().chain(examples) {
        let output = checked.output().unwrap();
        assert!(
            output.status.success(),
            "{checked:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// The kubectl of the machine, or the one that `scripts/fetch-kubectl.sh` has unpacked.
fn kubectl() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::split_paths(&folders).map(|folder| folder.join("kubectl"));
    let unpacked = root().join(".tools/kubectl-1.37.1/kubectl");
    named.chain([unpacked]).find(|path| path.is_file())
}

fn built(kubectl: &Path, overlay: &str) -> Vec<Value> {
    let folder = shipped().join("overlays").join(overlay);
    let output = Command::new(kubectl)
        .arg("kustomize")
        .arg(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    documents(&String::from_utf8(output.stdout).unwrap())
}

#[test]
fn overlays_are_strict_or_permissive_in_the_listeners_and_in_the_filter_alike() {
    let Some(kubectl) = kubectl() else {
        eprintln!("skipped: no kubectl; scripts/fetch-kubectl.sh fetches one");
        return;
    };
    for (overlay, mode) in [
        ("strict", "STRICT"),
        ("permissive", "PERMISSIVE"),
        ("trafficextension-strict", "STRICT"),
        ("trafficextension-permissive", "PERMISSIVE"),
    ] {
        let documents = built(&kubectl, overlay);
        let mut modes = Vec::new();
        for document in &documents {
            assert_eq!(wrong(document), [""; 0], "{overlay}");
            let places = [
                "/spec/mtls/mode",
                "/spec/pluginConfig/resources/0/spec/mtls/mode",
                "/spec/wasm/pluginConfig/resources/0/spec/mtls/mode",
            ];
            modes.extend(places.iter().find_map(|place| document.pointer(place)));
        }
        assert_eq!(modes, [mode; 3], "{overlay}");
    }
}
