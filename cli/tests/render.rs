//! `spiffe-authz render`: what is written, and the exit codes.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use snapbox::cmd::{Command, OutputAssert};
use snapbox::file;

const IMAGE: &str = "oci://registry.example/spiffe-authz:1.0";
const DIGEST: &str = "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/cli/examples")
}

/// The verb in the folder of the examples.
fn render(arguments: &[&str]) -> OutputAssert {
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .arg("render")
        .args(arguments)
        .current_dir(examples())
        .assert()
}

/// The same on a configuration that is given here, on standard input.
fn render_this(configuration: &str, arguments: &[&str]) -> OutputAssert {
    Command::new(env!("CARGO_BIN_EXE_spiffe-authz"))
        .arg("render")
        .args(arguments)
        .args(["--config", "-"])
        .stdin(configuration)
        .assert()
}

fn stdout(outcome: &OutputAssert) -> String {
    String::from_utf8(outcome.get_output().stdout.clone()).unwrap()
}

fn stderr(outcome: &OutputAssert) -> String {
    String::from_utf8(outcome.get_output().stderr.clone()).unwrap()
}

fn documents(arguments: &[&str]) -> Vec<Value> {
    let mut all = vec!["istio", "--image", IMAGE, "--sha256", DIGEST, "--format", "json"];
    all.extend(arguments);
    let list: Value = serde_json::from_str(&stdout(&render(&all).code(0))).unwrap();
    list["items"].as_array().unwrap().clone()
}

fn kinds(documents: &[Value]) -> Vec<&str> {
    documents
        .iter()
        .map(|document| document["kind"].as_str().unwrap())
        .collect()
}

/// What is wrong with a document by the schema of its kind.
fn wrong(document: &Value) -> Vec<String> {
    let kind = document["kind"].as_str().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/crd/{kind}.json"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    schema
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

#[test]
fn every_istio_document_is_what_its_crd_takes() {
    for api in ["wasmplugin", "trafficextension"] {
        for tcp in [&[][..], &["--tcp", "5432", "--tcp", "6379"][..]] {
            let mut arguments = vec!["--config", "orders.yaml", "--api", api];
            arguments.extend(tcp);
            for document in documents(&arguments) {
                assert_eq!(wrong(&document), [""; 0], "{document:#}");
            }
        }
    }
}

#[test]
fn the_schemas_refuse_what_the_crds_refuse() {
    let [plugin, filter] = [0, 1].map(|index| documents(&["--config", "orders.yaml"])[index + 1].clone());
    let broken = |document: &Value, pointer: &str, value: Value| {
        let mut document = document.clone();
        *document.pointer_mut(pointer).unwrap() = value;
        wrong(&document)
    };
    for (pointer, value) in [
        ("/spec/url", json!("")),
        ("/spec/sha256", json!("ABC")),
        ("/spec/phase", json!("BEFORE")),
        ("/spec/failStrategy", json!("OPEN")),
        ("/spec/match/0/mode", json!("INBOUND")),
        ("/metadata/name", json!("Upper")),
    ] {
        assert!(!broken(&plugin, pointer, value).is_empty(), "{pointer}");
    }
    for (pointer, value) in [
        ("/spec/configPatches/0/applyTo", json!("FILTER")),
        ("/spec/configPatches/0/patch/operation", json!("INSERT")),
        ("/spec/configPatches/0/match/context", json!("INBOUND")),
    ] {
        assert!(!broken(&filter, pointer, value).is_empty(), "{pointer}");
    }
}

#[test]
fn a_mesh_is_guarded_in_its_root_namespace() {
    let configuration = "profile: istio\nmesh: {rootNamespace: istio-config}\nresources: []\n";
    let arguments = ["istio", "--image", IMAGE, "--sha256", DIGEST, "--format", "json"];
    let list: Value = serde_json::from_str(&stdout(&render_this(configuration, &arguments).code(0))).unwrap();
    let items = list["items"].as_array().unwrap();
    assert_eq!(kinds(items), ["WasmPlugin", "EnvoyFilter"]);
    for item in items {
        assert_eq!(item["metadata"]["namespace"], "istio-config");
        assert_eq!(
            item["spec"]
                .get("selector")
                .or(item["spec"].get("workloadSelector")),
            None
        );
    }
}

#[test]
fn zero_trust_without_a_peer_authentication_asks_for_mtls() {
    let arguments = ["istio", "--image", IMAGE, "--sha256", DIGEST, "--format", "json"];
    for (profile, expected) in [("zero-trust", true), ("istio", false)] {
        let configuration = format!("profile: {profile}\nworkload: {{namespace: shop}}\nresources: []\n");
        let list: Value =
            serde_json::from_str(&stdout(&render_this(&configuration, &arguments).code(0))).unwrap();
        let first = &list["items"][0];
        assert_eq!(first["kind"] == "PeerAuthentication", expected, "{profile}");
        if expected {
            assert_eq!(first["spec"]["mtls"]["mode"], "STRICT");
            assert_eq!(first["metadata"]["namespace"], "shop");
            assert_eq!(wrong(first), [""; 0]);
        }
    }
}

#[test]
fn the_filter_learns_its_workload_from_the_proxy() {
    for document in documents(&["--config", "orders.yaml", "--tcp", "5432"]) {
        if document["kind"] == "WasmPlugin" {
            let configuration = &document["spec"]["pluginConfig"];
            assert_eq!(configuration.get("workload"), None);
            assert_eq!(configuration["profile"], "zero-trust");
        }
    }
}

#[test]
fn istio_documents_read_so() {
    let arguments = [
        "istio",
        "--config",
        "orders.yaml",
        "--image",
        IMAGE,
        "--sha256",
        DIGEST,
    ];
    let outcome = render(&arguments).code(0);
    outcome
        .stdout_eq(file!["snapshots/render/istio.yaml"])
        .stderr_eq("");
    let mut tcp = vec!["--api", "trafficextension", "--tcp", "5432"];
    tcp.splice(0..0, arguments);
    render(&tcp)
        .code(0)
        .stdout_eq(file!["snapshots/render/istio-tcp.yaml"]);
}

#[test]
fn an_image_without_a_digest_is_told_of() {
    let outcome = render(&["istio", "--config", "orders.yaml", "--image", IMAGE]).code(0);
    outcome.stderr_eq(file!["snapshots/render/not-pinned.stderr"]);
}

#[test]
fn an_image_or_a_digest_that_is_none_is_an_error_of_use() {
    let outcome = render(&[
        "istio",
        "--config",
        "orders.yaml",
        "--image",
        "registry.example/filter:1",
    ]);
    outcome
        .code(1)
        .stderr_eq(file!["snapshots/render/no-image.stderr"]);
    let outcome = render(&[
        "istio",
        "--config",
        "orders.yaml",
        "--image",
        IMAGE,
        "--sha256",
        "abc",
    ]);
    outcome
        .code(1)
        .stderr_eq(file!["snapshots/render/no-digest.stderr"]);
}

/// A configuration with a list of so many paths.
fn with_paths(count: usize) -> String {
    let paths: Vec<_> = (0..count)
        .map(|index| format!("/orders/of/customer/{index:06}/*"))
        .collect();
    json!({
        "workload": {"namespace": "shop"},
        "resources": [{
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "orders", "namespace": "shop"},
            "spec": {"rules": [{"to": [{"operation": {"paths": paths}}]}]},
        }],
    })
    .to_string()
}

#[test]
fn a_document_that_no_api_server_stores_is_an_error() {
    let arguments = ["istio", "--image", IMAGE, "--sha256", DIGEST];
    let large = render_this(&with_paths(10_000), &arguments).code(0);
    assert!(stderr(&large).contains("--server-side"), "{}", stderr(&large));
    let outcome = render_this(&with_paths(60_000), &arguments).code(3);
    outcome
        .stdout_eq("")
        .stderr_eq(file!["snapshots/render/too-large.stderr"]);
}

/// Rules for each of so many workloads in ten namespaces, and a policy for all of them.
fn mesh(workloads: usize, rules: usize) -> String {
    let policy = |namespace: String, name: String, spec: Value| {
        json!({
            "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec,
        })
    };
    let of = |workload: usize| {
        let rule = |rule| json!({"to": [{"operation": {"paths": [format!("/w{workload}/{rule}/*")]}}]});
        let rules: Vec<_> = (0..rules).map(rule).collect();
        let spec = json!({"selector": {"matchLabels": {"app": format!("w{workload}")}}, "rules": rules});
        policy(format!("n{}", workload % 10), format!("w{workload}"), spec)
    };
    let admin = json!({"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/admin"]}}]}]});
    let everywhere = policy("istio-system".to_owned(), "no-admin".to_owned(), admin);
    let resources: Vec<_> = (0..workloads).map(of).chain([everywhere]).collect();
    json!({"resources": resources}).to_string()
}

/// The names of the policies that are in the plugin configuration.
fn policies_of(outcome: &OutputAssert) -> Vec<String> {
    let list: Value = serde_json::from_str(&stdout(outcome)).unwrap();
    let items = list["items"].as_array().unwrap();
    let plugin = items.iter().find(|item| item["kind"] == "WasmPlugin").unwrap();
    let resources = plugin.pointer("/spec/pluginConfig/resources").unwrap();
    let name = |resource: &Value| resource["metadata"]["name"].as_str().unwrap().to_owned();
    resources.as_array().unwrap().iter().map(name).collect()
}

const AS_JSON: [&str; 7] = ["istio", "--image", IMAGE, "--sha256", DIGEST, "--format", "json"];

#[test]
fn of_a_hundred_thousand_rules_a_workload_gets_its_own_and_those_of_the_mesh() {
    let mut arguments = AS_JSON.to_vec();
    arguments.extend(["--namespace", "n7", "--labels", "app=w137", "--sizes"]);
    let outcome = render_this(&mesh(500, 200), &arguments).code(0);
    assert_eq!(policies_of(&outcome), ["w137", "no-admin"]);
    let told = stderr(&outcome);
    assert!(told.contains("499 of 501 resources"), "{told}");
    assert!(told.contains("\"mostBytes\": 1572864"), "{told}");
}

#[test]
fn a_namespace_gets_the_policies_of_its_workloads_and_the_mesh_all() {
    let mut arguments = AS_JSON.to_vec();
    assert_eq!(
        policies_of(&render_this(&mesh(20, 1), &arguments).code(0)).len(),
        21
    );
    arguments.extend(["--namespace", "n7"]);
    let outcome = render_this(&mesh(20, 1), &arguments).code(0);
    assert_eq!(policies_of(&outcome), ["w7", "w17", "no-admin"]);
}

#[test]
fn in_the_root_namespace_a_selector_holds_for_every_namespace() {
    let mut arguments = AS_JSON.to_vec();
    arguments.extend(["--namespace", "istio-system", "--labels", "app=w7"]);
    let outcome = render_this(&mesh(20, 1), &arguments).code(0);
    assert_eq!(policies_of(&outcome), ["w7", "no-admin"]);
}

#[test]
fn sizes_read_so() {
    let arguments = [
        "istio",
        "--config",
        "orders.yaml",
        "--image",
        IMAGE,
        "--sha256",
        DIGEST,
        "--sizes",
    ];
    render(&arguments)
        .code(0)
        .stderr_eq(file!["snapshots/render/sizes.stderr"]);
}

#[test]
fn a_bootstrap_reads_so() {
    let arguments = [
        "envoy",
        "--config",
        "orders.yaml",
        "--spire-socket",
        "/run/spire/agent.sock",
    ];
    render(&arguments)
        .code(0)
        .stdout_eq(file!["snapshots/render/spire.yaml"])
        .stderr_eq("");
}

#[test]
fn files_are_written_as_a_set_and_nothing_is_left_beside_them() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("envoy").display().to_string();
    let svid = "/run/spiffe-authz/svid";
    let arguments = [
        "envoy",
        "--config",
        "orders.yaml",
        "--svid-files",
        svid,
        "--ecds",
        "--out",
        &out,
    ];
    for _ in 0..2 {
        assert_eq!(stdout(&render(&arguments).code(0)), "");
    }
    let mut names: Vec<_> = std::fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    let expected = [
        "bootstrap.yaml",
        "filter.ecds.yaml",
        "svid.sds.yaml",
        "trust-bundle.sds.yaml",
    ];
    assert_eq!(names, expected);
    let bootstrap = std::fs::read_to_string(folder.path().join("envoy/bootstrap.yaml")).unwrap();
    for name in ["filter.ecds.yaml", "svid.sds.yaml", "trust-bundle.sds.yaml"] {
        assert!(
            bootstrap.contains(&format!("path: /etc/spiffe-authz/{name}")),
            "{name}"
        );
    }
}

#[test]
fn a_bootstrap_on_standard_output_tells_of_the_files_that_it_refers_to() {
    let outcome = render(&[
        "envoy",
        "--config",
        "orders.yaml",
        "--svid-files",
        "/run/spiffe-authz/svid",
    ]);
    outcome
        .code(0)
        .stderr_eq(file!["snapshots/render/other-files.stderr"]);
}

#[test]
fn the_transport_is_that_of_the_peer_authentications() {
    for (mode, port, chains) in [
        ("STRICT", 15006, 1),
        ("PERMISSIVE", 15006, 2),
        ("PERMISSIVE", 9090, 1),
    ] {
        let configuration = format!(
            "workload: {{namespace: shop, labels: {{app: orders}}}}\nresources:\n- {{apiVersion: security.istio.io/v1, \
             kind: PeerAuthentication, metadata: {{name: a, namespace: shop}}, spec: {{selector: {{matchLabels: \
             {{app: orders}}}}, mtls: {{mode: {mode}}}, portLevelMtls: {{9090: {{mode: STRICT}}}}}}}}\n"
        );
        let listen = format!("0.0.0.0:{port}");
        let arguments = [
            "envoy",
            "--spire-socket",
            "/a",
            "--format",
            "json",
            "--listen",
            &listen,
        ];
        let bootstrap: Value =
            serde_json::from_str(&stdout(&render_this(&configuration, &arguments).code(0))).unwrap();
        let rendered = bootstrap
            .pointer("/static_resources/listeners/0/filter_chains")
            .unwrap();
        assert_eq!(rendered.as_array().unwrap().len(), chains, "{mode} {port}");
    }
}

#[test]
fn a_flag_that_would_open_a_door_is_an_error_of_use() {
    for flags in [
        &["--admin", "0.0.0.0:15000"][..],
        &["--application", "10.0.0.1:8080"],
        &["--outbound", "payments,15101,192.0.2.1:1,https://payments"],
        &["--outbound", "payments,15101,192.0.2.1:1"],
        &["--ecds"],
    ] {
        let mut arguments = vec!["envoy", "--config", "orders.yaml", "--spire-socket", "/a"];
        arguments.extend(flags);
        render(&arguments).code(1);
    }
}

#[test]
fn the_same_peer_twice_is_an_error_of_use() {
    let peer = "payments,15101,192.0.2.1:1,spiffe://cluster.local/ns/shop/sa/payments";
    let arguments = [
        "envoy",
        "--config",
        "orders.yaml",
        "--spire-socket",
        "/a",
        "--outbound",
        peer,
    ];
    let mut twice = arguments.to_vec();
    twice.extend(["--outbound", peer]);
    render(&arguments).code(0);
    render(&twice)
        .code(1)
        .stderr_eq(file!["snapshots/render/peer-twice.stderr"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let arguments = [
        "envoy",
        "--config",
        "orders.yaml",
        "--spire-socket",
        "/a",
        "--out",
        "orders.yaml",
    ];
    let outcome = render(&arguments).code(1);
    assert!(
        stderr(&outcome).contains("cannot write `orders.yaml`"),
        "{}",
        stderr(&outcome)
    );
}

#[test]
fn a_configuration_that_what_is_rendered_does_not_serve_is_refused() {
    for (configuration, place) in [
        ("", "workload"),
        (
            "workload: {namespace: shop}\ndirectRemoteAddressKey: other",
            "directRemoteAddressKey",
        ),
        (
            "workload: {namespace: shop, waypoint: {services: []}}\nsvid: {peerPrincipalKey: io.istio.peer_principal}",
            "svid.peerPrincipalKey",
        ),
        ("workload: {namespace: shop}\nprofile: strict", "profile"),
    ] {
        let configuration = format!("resources: []\n{configuration}\n");
        let outcome = render_this(&configuration, &["envoy", "--spire-socket", "/a"]).code(3);
        assert!(stderr(&outcome).contains(place), "{place}: {}", stderr(&outcome));
    }
}

#[test]
fn native_rbac_reads_so() {
    let arguments = ["rbac", "--config", "orders.yaml", "--profile", "istio"];
    render(&arguments)
        .code(0)
        .stdout_eq(file!["snapshots/render/rbac.yaml"])
        .stderr_eq("");
}

#[test]
fn one_chain_of_native_rbac_is_a_list_of_filters() {
    for chain in ["http", "network"] {
        let arguments = [
            "rbac",
            "--config",
            "orders.yaml",
            "--profile",
            "istio",
            "--format",
            "json",
            "--chain",
            chain,
        ];
        let filters: Value = serde_json::from_str(&stdout(&render(&arguments).code(0))).unwrap();
        assert_eq!(filters[0]["name"], format!("envoy.filters.{chain}.rbac"));
    }
}

#[test]
fn what_native_rbac_cannot_say_is_told_with_its_place() {
    let outcome = render(&["rbac", "--config", "orders.yaml"]).code(3);
    outcome
        .stdout_eq("")
        .stderr_eq(file!["snapshots/render/unsayable.stderr"]);
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    for target in [
        &["rbac"][..],
        &["envoy", "--spire-socket", "/a"],
        &["istio", "--image", IMAGE],
    ] {
        let mut arguments = target.to_vec();
        arguments.extend(["--config", "none.yaml"]);
        let outcome = render(&arguments).code(1);
        assert!(stderr(&outcome).contains("none.yaml"), "{}", stderr(&outcome));
    }
}
