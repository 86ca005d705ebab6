//! What a real Envoy logs is learned from: the policies that come of it admit the same requests in that Envoy, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use spiffe_authz_analysis::learn::{
    Collector, Generalise, LearnOptions, LearnedPolicy, NotLearned, Place, Target, learn,
};
use spiffe_authz_analysis::observed::{Line, Observation, Transport};
use spiffe_authz_analysis::readiness::Metrics;
use spiffe_authz_demo::http_request::HttpRequest;
use spiffe_authz_tests::envoy::guarded::{FRONTEND, Guarded};

const PAYMENTS: &str = "spiffe://cluster.local/ns/shop/sa/payments";

/// A workload that admits everything, as before a mesh is guarded.
async fn open(name: &str) -> Guarded {
    Guarded::start(name, &json!({"profile": "istio", "resources": []}))
        .await
        .unwrap()
}

/// The status of a request of this peer, or of one in plaintext.
async fn status(guarded: &Guarded, peer: Option<&str>, method: &str, path: &str) -> u16 {
    let mut connection = match peer {
        Some(peer) => guarded.connect(peer).await.unwrap(),
        None => guarded.connect_over(None).await.unwrap(),
    };
    connection
        .send(&HttpRequest::new(method, path))
        .await
        .unwrap()
        .status
}

/// What Envoy logged, once there are so many lines.
async fn observations(guarded: &Guarded, lines: usize) -> Vec<Observation> {
    let lines: Vec<Value> = guarded.access_log(lines).await.unwrap();
    let read = |line: &Value| Line::read(line.to_string().as_bytes()).unwrap();
    lines.iter().filter_map(|line| read(line).observation()).collect()
}

fn options() -> LearnOptions {
    LearnOptions {
        included_causes: BTreeSet::new(),
        includes_plaintext: false,
        more_methods: BTreeSet::new(),
        generalise: Generalise::Ids,
        generalise_at: 3,
    }
}

/// The policy that the observations lead to, and how many lines were no ground for it.
fn learned(observations: &[Observation]) -> (LearnedPolicy, u64) {
    let options = options();
    let mut collector = Collector::new(&options, Some("shop")).unwrap();
    for observation in observations {
        let place = Place {
            log: Arc::from("access.log"),
            line: 1,
        };
        collector.add(observation, &place).unwrap();
    }
    let target = Target {
        namespace: "shop".to_owned(),
        labels: BTreeMap::from([("app".to_owned(), "orders".to_owned())]),
        name: "learned-orders".to_owned(),
    };
    let mut refusals = collector.refusals().iter();
    let without_identity = refusals.find(|(reason, _)| *reason == NotLearned::NoIdentity);
    let count = without_identity.map_or(0, |(_, refused)| refused.count);
    (learn(target, &collector.seen()["shop"], &options), count)
}

/// The policy as a resource of a plugin configuration.
fn resource(policy: &LearnedPolicy) -> Value {
    serde_saphyr::from_str(&policy.to_yaml()).unwrap()
}

const SEEN: [(Option<&str>, &str, &str); 6] = [
    (Some(FRONTEND), "GET", "/orders/1?x=1"),
    (Some(FRONTEND), "GET", "/orders/2"),
    (Some(FRONTEND), "GET", "/orders/3"),
    (Some(FRONTEND), "POST", "/orders"),
    (Some(PAYMENTS), "GET", "/orders/1"),
    (None, "GET", "/health"),
];

#[tokio::test]
async fn the_policies_learned_from_an_access_log_admit_what_was_seen_and_nothing_more() {
    let guarded = open("learn").await;
    for (peer, method, path) in SEEN {
        assert_eq!(status(&guarded, peer, method, path).await, 200, "{method} {path}");
    }
    let (policy, without_identity) = learned(&observations(&guarded, SEEN.len()).await);
    assert_eq!(without_identity, 1);
    guarded
        .configure(&json!({"resources": [resource(&policy)]}))
        .unwrap();
    wait_until_denied(&guarded).await;
    for (peer, method, path) in SEEN {
        let expected = if peer.is_some() { 200 } else { 403 };
        assert_eq!(
            status(&guarded, peer, method, path).await,
            expected,
            "{method} {path}"
        );
    }
    // Another order of the template; then what nobody did: another peer's order, method and path.
    assert_eq!(status(&guarded, Some(FRONTEND), "GET", "/orders/4").await, 200);
    for (peer, method, path) in [
        (PAYMENTS, "GET", "/orders/2"),
        (PAYMENTS, "POST", "/orders"),
        (FRONTEND, "DELETE", "/orders/1"),
        (FRONTEND, "GET", "/orders/1/items"),
        ("spiffe://cluster.local/ns/shop/sa/carts", "GET", "/orders/1"),
    ] {
        assert_eq!(
            status(&guarded, Some(peer), method, path).await,
            403,
            "{peer} {method} {path}"
        );
    }
}

/// Waits until Envoy has the new configuration.
async fn wait_until_denied(guarded: &Guarded) {
    for _ in 0..200 {
        if status(guarded, Some(FRONTEND), "PUT", "/unseen").await == 403 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the configuration does not come into force");
}

#[tokio::test]
async fn the_access_log_and_the_counters_tell_mtls_from_plaintext_by_port() {
    let guarded = open("readiness").await;
    for peer in [Some(FRONTEND), Some(PAYMENTS), None] {
        assert_eq!(status(&guarded, peer, "GET", "/").await, 200);
    }
    let observations = observations(&guarded, 3).await;
    let port = guarded.inbound().port();
    let seen: Vec<_> = observations
        .iter()
        .map(|observation| (observation.transport, observation.destination_port))
        .collect();
    let (mtls, plaintext) = (
        (Transport::MutualTls, Some(port)),
        (Transport::Plaintext, Some(port)),
    );
    assert_eq!(seen, [mtls, mtls, plaintext]);
    let metrics = Metrics::read(&guarded.envoy.prometheus().await.unwrap()).unwrap();
    let listener = metrics.listeners[&port];
    assert_eq!(
        (listener.connections, listener.mtls(), listener.without_mtls()),
        (3, 2, 1)
    );
    assert_eq!(metrics.judged, 3);
}
