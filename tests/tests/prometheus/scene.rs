//! Two guarded workloads, a Prometheus that scrapes them as shipped, and traffic of which all is known.

use std::path::Path;

use serde_json::{Value, json};
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::echo::Echo;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::guarded_tcp::GuardedTcp;
use spiffe_authz_tests::prometheus::Prometheus;
use spiffe_authz_tests::scratch::Scratch;

use crate::shipped;

/// What is sent twice, so that rates have something to rise from: by mTLS or in plaintext, and the status of the answer.
const TRAFFIC: [(bool, &str, u16); 8] = [
    (true, "GET", 200),
    (true, "GET", 200),
    (true, "GET", 200),
    (true, "PUT", 200),
    (true, "DELETE", 403),
    (true, "DELETE", 403),
    (true, "POST", 403),
    (false, "GET", 200),
];

/// A TCP connection is allowed beside each of the two rounds.
pub const ROUNDS: u32 = 2;

pub struct Scene {
    pub prometheus: Prometheus,
    pub http: Guarded,
    tcp: GuardedTcp<Echo>,
    _scratch: Scratch,
}

impl Scene {
    /// Both rounds of the traffic are scraped.
    pub async fn play(name: &str, prometheus: &Path) -> Self {
        let (http, admin_of_http) = http(name).await;
        let (tcp, admin_of_tcp) = tcp(&format!("{name}-tcp")).await;
        let scratch = Scratch::new(&format!("{name}-prometheus")).unwrap();
        let configuration = configuration(&admin_of_http, &admin_of_tcp);
        let prometheus = Prometheus::start(prometheus, &scratch, &configuration)
            .await
            .unwrap();
        let scene = Self {
            prometheus,
            http,
            tcp,
            _scratch: scratch,
        };
        scene.wait_for("sum(up)", 2.0).await;
        for round in 1..=ROUNDS {
            scene.send().await;
            scene
                .wait_for("sum(spiffe_authz_requests_total)", f64::from(round * 9))
                .await;
        }
        scene
    }

    async fn send(&self) {
        for (is_mtls, method, status) in TRAFFIC {
            let tls = is_mtls.then(|| self.http.identities.client(&[FRONTEND.to_owned()]).unwrap());
            let mut connection = self.http.connect_over(tls).await.unwrap();
            let answer = connection
                .send(&HttpRequest::new(method, "/orders/1"))
                .await
                .unwrap();
            assert_eq!(answer.status, status, "{method}");
        }
        let mut connection = self.tcp.connect(FRONTEND).await.unwrap();
        assert_eq!(connection.exchange(b"bytes").await.unwrap(), b"bytes");
    }

    pub async fn wait_for(&self, expression: &str, value: f64) {
        self.prometheus.wait_for(expression, value).await.unwrap();
    }

    /// Replaces the configuration by one that is no JSON, and waits until that was scraped.
    pub async fn break_configuration(&self) {
        self.http.configure_text("{").unwrap();
        self.wait_for(
            r#"spiffe_authz_configuration_rejected{reason="syntax"} == 1"#,
            1.0,
        )
        .await;
        let rejected = "envoy_extension_config_discovery_http_filter_spiffe_authz_update_rejected";
        self.wait_for(&format!("sum({rejected})"), 1.0).await;
    }
}

/// A workload that speaks HTTP, and where its metrics are.
async fn http(name: &str) -> (Guarded, String) {
    let (policies, mut metrics) = (policies(), String::new());
    let guarded = Guarded::start_changed(name, &policies, |bootstrap, _| metrics = admin(bootstrap)).await;
    (guarded.unwrap(), metrics)
}

/// One that does not.
async fn tcp(name: &str) -> (GuardedTcp<Echo>, String) {
    let (policies, mut metrics) = (everyone(), String::new());
    let echo = Echo::start().await.unwrap();
    let guarded =
        GuardedTcp::start_changed(name, &policies, echo, |bootstrap, _| metrics = admin(bootstrap)).await;
    (guarded.unwrap(), metrics)
}

fn admin(bootstrap: &Value) -> String {
    let address = &bootstrap["admin"]["address"]["socket_address"];
    format!(
        "{}:{}",
        address["address"].as_str().unwrap(),
        address["port_value"]
    )
}

/// What is shipped, with these targets, every second, and the path of the rules written out.
fn configuration(http: &str, tcp: &str) -> Value {
    let mut configuration = shipped::yaml("prometheus.yaml");
    configuration["global"] = json!({"scrape_interval": "1s", "evaluation_interval": "1s"});
    configuration["rule_files"] = json!([shipped::path("alerts.yaml")]);
    let mut targets = configuration["scrape_configs"][0]["static_configs"][0].clone();
    targets["targets"] = json!([http]);
    let mut targets_of_tcp = targets.clone();
    targets_of_tcp["targets"] = json!([tcp]);
    targets_of_tcp["labels"]["workload"] = json!("ledger");
    configuration["scrape_configs"][0]["static_configs"] = json!([targets, targets_of_tcp]);
    configuration
}

fn policy(name: &str, action: &str, methods: &[&str]) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": action, "rules": [{"to": [{"operation": {"methods": methods}}]}]},
    })
}

/// DELETE is denied by a rule, POST by default; PUT is marked, and a dry run would deny it.
fn policies() -> Value {
    let mut freeze = policy("freeze", "DENY", &["PUT"]);
    freeze["metadata"]["annotations"] = json!({"istio.io/dry-run": "true"});
    let permissive = json!({
        "apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
        "metadata": {"name": "base", "namespace": "shop"}, "spec": {"mtls": {"mode": "PERMISSIVE"}},
    });
    json!({"resources": [
        policy("orders", "ALLOW", &["GET", "PUT", "DELETE"]),
        policy("keep", "DENY", &["DELETE"]),
        policy("note", "AUDIT", &["PUT"]),
        freeze,
        permissive,
    ]})
}

fn everyone() -> Value {
    let policy = json!({
        "apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "ledger", "namespace": "shop"}, "spec": {"rules": [{}]},
    });
    json!({"resources": [policy]})
}
