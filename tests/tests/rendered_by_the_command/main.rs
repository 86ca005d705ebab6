//! What `spiffe-authz render` writes is valid to Envoy, and has no weak point.

mod istio_patches;
mod live_interlock;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use spiffe_authz_envoy_config::weak_points;
use spiffe_authz_tests::envoy::identities::{Identities, Validator};
use spiffe_authz_tests::scratch::Scratch;
use spiffe_authz_tests::{command, workspace};

const CONFIGURATION: &str = r#"
profile: PROFILE
workload: {namespace: shop, labels: {app: orders}}
resources:
  - apiVersion: security.istio.io/v1
    kind: PeerAuthentication
    metadata: {name: default, namespace: shop}
    spec: {mtls: {mode: MODE}}
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: orders, namespace: shop}
    spec:
      rules:
        - from: [{source: {principals: ["cluster.local/ns/shop/sa/frontend"]}}]
          to: [{operation: {methods: ["GET"], paths: ["/orders/*"]}}]
  - apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: no-admin, namespace: shop}
    spec: {action: DENY, rules: [{to: [{operation: {paths: ["/admin"]}}]}]}
"#;

/// A folder with all that a bootstrap refers to.
struct Site {
    scratch: Scratch,
    configuration: String,
}

impl Site {
    fn new(name: &str, profile: &str, mode: &str, validator: Validator) -> Self {
        let scratch = Scratch::new(&format!("render-{name}")).unwrap();
        Identities::checked_by(validator, &scratch).unwrap();
        let configuration = scratch.path().join("orders.yaml");
        fs::write(
            &configuration,
            CONFIGURATION.replace("PROFILE", profile).replace("MODE", mode),
        )
        .unwrap();
        let configuration = configuration.display().to_string();
        Self {
            scratch,
            configuration,
        }
    }

    fn path(&self, name: &str) -> String {
        self.scratch.path().join(name).display().to_string()
    }

    /// Renders into the folder, which is where Envoy finds the files too; the bootstrap.
    fn render_envoy(&self, flags: &[&str]) -> Value {
        let folder = self.path("");
        let (module, log) = (workspace::filter_wasm().unwrap(), self.path("access.log"));
        let module = module.display().to_string();
        let mut arguments = vec!["render", "envoy", "--config", &self.configuration];
        arguments.extend([
            "--out",
            &folder,
            "--at",
            &folder,
            "--module",
            &module,
            "--access-log",
            &log,
        ]);
        arguments.extend(flags);
        command::run(&arguments).unwrap();
        self.read("bootstrap.yaml")
    }

    fn read(&self, name: &str) -> Value {
        serde_saphyr::from_str(&fs::read_to_string(self.path(name)).unwrap()).unwrap()
    }
}

fn assert_valid(bootstrap: &str) {
    let output = Command::new(workspace::envoy().unwrap())
        .args([
            "--mode",
            "validate",
            "--disable-hot-restart",
            "--log-level",
            "warning",
            "-c",
            bootstrap,
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{bootstrap}: {said}");
    assert!(!said.contains("deprecated"), "{bootstrap}: {said}");
}

#[test]
fn every_bootstrap_is_valid_and_has_no_weak_point() {
    let outbound = "payments,15101,192.0.2.20:15006,spiffe://cluster.local/ns/shop/sa/payments";
    for (name, validator, federated) in [
        ("own", Validator::Default, &[][..]),
        ("federated", Validator::Spiffe, &["--federated"][..]),
    ] {
        for identity in ["--svid-files", "--spire-socket"] {
            for protocol in ["http", "http2", "tcp"] {
                for mode in ["STRICT", "PERMISSIVE"] {
                    let site = Site::new(
                        &format!("{name}{identity}-{protocol}-{mode}"),
                        "zero-trust",
                        mode,
                        validator,
                    );
                    let svid = site.path("svid");
                    let mut flags = vec![identity, &svid, "--protocol", protocol, "--outbound", outbound];
                    flags.extend(federated);
                    if protocol != "tcp" {
                        flags.push("--ecds");
                    }
                    let bootstrap = site.render_envoy(&flags);
                    assert_eq!(weak_points::of_bootstrap(&bootstrap), [], "{flags:?}");
                    let chains = bootstrap
                        .pointer("/static_resources/listeners/0/filter_chains")
                        .unwrap();
                    let expected = if mode == "STRICT" { 1 } else { 2 };
                    assert_eq!(chains.as_array().unwrap().len(), expected, "{flags:?}");
                    assert_valid(&site.path("bootstrap.yaml"));
                    if protocol != "tcp" {
                        assert_eq!(weak_points::of_discovery(&site.read("filter.ecds.yaml")), []);
                    }
                }
            }
        }
    }
}

#[test]
fn what_an_envoy_filter_puts_into_a_bootstrap_is_valid_and_has_no_weak_point() {
    for protocol in ["http", "http2", "tcp"] {
        let site = Site::new(
            &format!("patched-{protocol}"),
            "zero-trust",
            "STRICT",
            Validator::Default,
        );
        let svid = site.path("svid");
        let bootstrap = site.render_envoy(&["--svid-files", &svid, "--protocol", protocol]);
        let patched = istio_patches::patched(bootstrap, &istio_patches::rendered(&site.configuration));
        assert_eq!(weak_points::of_bootstrap(&patched), [], "{protocol}");
        fs::write(site.path("patched.json"), patched.to_string()).unwrap();
        assert_valid(&site.path("patched.json"));
    }
}

/// A chain in which native RBAC alone decides.
fn with_filters(bootstrap: &mut Value, path: &str, filters: &Value, last: &str) {
    let old = bootstrap.pointer(path).unwrap().as_array().unwrap();
    let last = old.iter().find(|filter| filter["name"] == last).unwrap().clone();
    let mut new = filters.as_array().unwrap().clone();
    new.push(last);
    *bootstrap.pointer_mut(path).unwrap() = json!(new);
}

#[test]
fn native_rbac_is_valid() {
    let site = Site::new("rbac", "istio", "STRICT", Validator::Default);
    let rendered = command::run(&["render", "rbac", "--config", &site.configuration]).unwrap();
    let rendered: Value = serde_saphyr::from_str(&rendered).unwrap();
    let svid = site.path("svid");
    let chain = "/static_resources/listeners/0/filter_chains/0/filters";
    let mut http = site.render_envoy(&["--svid-files", &svid]);
    let inner = format!("{chain}/1/typed_config/http_filters");
    with_filters(&mut http, &inner, &rendered["httpFilters"], "router");
    let mut tcp = site.render_envoy(&["--svid-files", &svid, "--protocol", "tcp"]);
    with_filters(
        &mut tcp,
        chain,
        &rendered["networkFilters"],
        "envoy.filters.network.tcp_proxy",
    );
    for (name, bootstrap) in [("http.json", http), ("tcp.json", tcp)] {
        let path = Path::new(&site.path(name)).to_owned();
        fs::write(&path, bootstrap.to_string()).unwrap();
        assert_valid(&path.display().to_string());
    }
}
