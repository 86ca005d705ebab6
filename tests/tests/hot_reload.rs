//! Policies change under load, over ECDS from a control plane: no decision is wrong, no request is lost, memory stays.
//!
//! `make hot-reload` does 1,000 updates each, and 1,000 more of a set of 1,000 rules; `make test` does fewer.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use spiffe_authz_tests::discovery::bootstrap::{Protocol, take_filter_from};
use spiffe_authz_tests::discovery::{Answers, DiscoveryServer, Resource, Shelf, extension};
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};
use spiffe_authz_tests::envoy::http2::Http2;
use spiffe_authz_tests::policies::{allow_get, three_mistakes};
use spiffe_authz_tests::steady_load::{ALWAYS, Client, SteadyLoad, path_of};
use spiffe_authz_tests::versions_in_force::VersionsInForce;
use spiffe_authz_tests::workspace;
use tokio::time::sleep;

/// How many good updates there are where the environment does not say.
const UPDATES: usize = 60;
/// Every so many good updates there is a bad one.
const BAD_EVERY: usize = 10;
/// The memory is measured from here on: the filter's machines, connections and buffers are there.
const WARM_AFTER: usize = 30;
const CONNECTIONS: usize = 8;
const RULES_A_POLICY: usize = 500;
const MOST_GROWTH_KIB: u64 = 5 * 1024;
const PAUSE: Duration = Duration::from_millis(10);

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn updates() -> usize {
    from_environment("HOT_RELOAD_UPDATES", UPDATES)
}

/// With as many rules beside it for others as the environment says, which change with each version too.
fn configuration(version: usize) -> Value {
    let mut configuration = allow_get(FRONTEND, &[ALWAYS, &path_of(version)]);
    let rule = |number: usize| {
        json!({
            "from": [{"source": {"principals": [format!("cluster.local/ns/shop/sa/s{number}")]}}],
            "to": [{"operation": {"paths": [format!("/{version}/{number}/*")]}}],
        })
    };
    let numbers: Vec<usize> = (0..from_environment("HOT_RELOAD_RULES", 0)).collect();
    for (policy, numbers) in numbers.chunks(RULES_A_POLICY).enumerate() {
        let rules: Vec<Value> = numbers.iter().copied().map(rule).collect();
        let resources = configuration["resources"].as_array_mut().unwrap();
        resources.push(json!({
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": format!("others-{policy}"), "namespace": "shop"},
            "spec": {"rules": rules},
        }));
    }
    configuration
}

/// A running Envoy that takes its filter from a control plane.
struct Controlled {
    guarded: Guarded,
    shelf: Shelf,
    answers: Answers,
    wasm: String,
    _server: DiscoveryServer,
}

impl Controlled {
    async fn start(name: &str, protocol: Protocol) -> Self {
        let (shelf, answers) = (Shelf::default(), Answers::default());
        let (server, address) = DiscoveryServer::on_loopback(&shelf, &answers).unwrap();
        let wasm = workspace::filter_wasm().unwrap().display().to_string();
        shelf.publish(extension::filter(&wasm, &configuration(0).to_string()));
        let change = |bootstrap: &mut Value, _: &mut Value| take_filter_from(bootstrap, address, protocol);
        let guarded = Guarded::start_changed(name, &configuration(0), change).await;
        Self {
            guarded: guarded.unwrap(),
            shelf,
            answers,
            wasm,
            _server: server,
        }
    }

    /// Why Envoy refused it; `None` where it took it.
    async fn publish(&self, resource: Resource) -> Option<String> {
        let version = self.shelf.publish(resource);
        self.answers.to(version).await.unwrap().refused
    }

    fn filter(&self, plugin_configuration: &str) -> Resource {
        extension::filter(&self.wasm, plugin_configuration)
    }

    /// A bad update, of one kind after the other, and what the refusal must say.
    fn bad(&self, number: usize) -> (Resource, &'static str) {
        let refused = "Unable to create Wasm plugin";
        match number % 5 {
            0 => (self.filter(&three_mistakes().0.to_string()), refused),
            1 => (self.filter(r#"{"resources": [], "unheardOf": true}"#), refused),
            2 => (self.filter(""), refused),
            3 => (self.filter("\u{1}{not json"), refused),
            _ => (
                extension::filter("/no/such/filter.wasm", "{}"),
                "/no/such/filter.wasm",
            ),
        }
    }

    async fn clients(&self) -> Vec<Client> {
        let mut clients = Vec::new();
        for number in 0..CONNECTIONS {
            let connection = self.guarded.connect(FRONTEND).await.unwrap();
            clients.push(match number % 2 {
                0 => Client::Http1(connection),
                _ => Client::Http2(Http2::start(connection).await.unwrap()),
            });
        }
        clients
    }

    /// The memory that the process holds, in KiB.
    fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.guarded.envoy.process_id())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

/// What a run of updates has shown.
#[derive(Debug, Default)]
struct Seen {
    good: usize,
    bad: usize,
    warm_kib: u64,
    end_kib: u64,
}

async fn update(controlled: &Controlled, versions: &VersionsInForce) -> Seen {
    let mut seen = Seen::default();
    for version in 1..=updates() {
        if version % BAD_EVERY == 0 {
            let (bad, says) = controlled.bad(version / BAD_EVERY);
            let refused = controlled.publish(bad).await.expect("a bad update was taken");
            assert!(refused.contains(says), "{refused}");
            seen.bad += 1;
        }
        versions.sending(version);
        let good = controlled.filter(&configuration(version).to_string());
        assert_eq!(controlled.publish(good).await, None, "update {version}");
        versions.taken(version);
        seen.good += 1;
        if version == WARM_AFTER {
            seen.warm_kib = controlled.resident_kib();
        }
        sleep(PAUSE).await;
    }
    versions.settled().await;
    seen.end_kib = controlled.resident_kib();
    seen
}

async fn policies_change_under_load(name: &str, protocol: Protocol) {
    let controlled = Controlled::start(name, protocol).await;
    let versions = Arc::new(VersionsInForce::new(0));
    let load = SteadyLoad::start(controlled.clients().await, &versions);
    let seen = update(&controlled, &versions).await;
    let tally = load.end().await;
    println!(
        "{protocol:?}: {seen:?}, {} allowed, {} denied, {} wrong, {} errors",
        tally.allowed,
        tally.denied,
        tally.wrong.len(),
        tally.errors.len()
    );
    assert!(tally.wrong.is_empty(), "{:?}", tally.wrong);
    assert!(tally.errors.is_empty(), "{:?}", tally.errors);
    assert!(tally.allowed > 0 && tally.denied > 0);
    let counter = |name| controlled.guarded.envoy.counter(name);
    assert_eq!(
        counter("spiffe_authz.update_rejected").await,
        Ok(u64::try_from(seen.bad).unwrap())
    );
    assert!(seen.end_kib < seen.warm_kib + MOST_GROWTH_KIB, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_change_under_load_by_the_state_of_the_world() {
    policies_change_under_load("hot-reload-sotw", Protocol::StateOfTheWorld).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_change_under_load_by_delta() {
    policies_change_under_load("hot-reload-delta", Protocol::Delta).await;
}

#[tokio::test]
async fn a_refused_update_is_named_to_the_control_plane_in_the_log_and_in_a_gauge_and_the_last_good_one_stays()
 {
    let controlled = Controlled::start("hot-reload-refused", Protocol::Delta).await;
    let mistakes = controlled.filter(&three_mistakes().0.to_string());
    assert!(controlled.publish(mistakes).await.is_some());
    let log = controlled.guarded.envoy.log().unwrap();
    assert!(log.contains("resources[0].spec.action"), "{log}");
    let metrics = controlled.guarded.envoy.prometheus().await.unwrap();
    let rejected = r#"spiffe_authz_configuration_rejected{reason="invalid-value"} 1"#;
    assert!(metrics.contains(rejected), "{metrics}");
    let versions = VersionsInForce::new(0);
    let load = SteadyLoad::start(controlled.clients().await, &Arc::new(versions));
    while load.so_far().allowed < CONNECTIONS {
        sleep(PAUSE).await;
    }
    let tally = load.end().await;
    assert!(tally.wrong.is_empty() && tally.errors.is_empty(), "{tally:?}");
}
