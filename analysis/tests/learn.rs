//! Policies that were learned from traffic admit it, and nothing that was not seen.
#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use spiffe_authz_analysis::learn::{
    Access, Collector, Generalise, LearnOptions, LearnedPeer, Operation, Place, Sighting, Target, learn,
    verify,
};
use spiffe_authz_analysis::observed::Line;
use spiffe_authz_policy::{Document, PolicySet};

const PATHS: [&str; 6] = [
    "/",
    "/orders",
    "/orders/1",
    "/orders/2",
    "/orders/3",
    "/orders/list",
];
const METHODS: [&str; 3] = ["GET", "POST", "DELETE"];
const PORTS: [u16; 2] = [8080, 9090];

fn options(generalise: Generalise) -> LearnOptions {
    LearnOptions {
        included_causes: BTreeSet::new(),
        includes_plaintext: false,
        more_methods: BTreeSet::new(),
        generalise,
        generalise_at: 2,
    }
}

fn target() -> Target {
    Target {
        namespace: "shop".to_owned(),
        labels: BTreeMap::from([("app".to_owned(), "orders".to_owned())]),
        name: "learned".to_owned(),
    }
}

/// What the access log says of some requests, read back.
fn seen<'a>(
    accesses: impl IntoIterator<Item = &'a (usize, usize, usize, usize)>,
    options: &LearnOptions,
) -> BTreeMap<Access, Sighting> {
    let mut collector = Collector::new(options, Some("shop")).unwrap();
    let place = Place {
        log: Arc::from("test"),
        line: 1,
    };
    for (peer, port, method, path) in accesses {
        let line = format!(
            r#"{{"direction":"inbound","time":"2026-11-22T05:10:15Z","response_code":200,"decision":"allow","cause":"no-allow-policy",
            "peer_uri_san":"spiffe://cluster.local/ns/shop/sa/p{peer}","destination_port":{},"method":"{}","path":"{}?q"}}"#,
            PORTS[*port], METHODS[*method], PATHS[*path]
        );
        let observation = Line::read(line.as_bytes()).unwrap().observation().unwrap();
        collector.add(&observation, &place).unwrap();
    }
    collector.seen().get("shop").cloned().unwrap_or_default()
}

/// The engine with the policies as they are written.
fn engine(yaml: &str) -> PolicySet {
    let resources: Vec<Document> = serde_saphyr::from_multiple(yaml).expect("YAML");
    let text = |text: &str| Document::String(text.to_owned());
    let map = |entries: Vec<(&str, Document)>| {
        Document::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    };
    let workload = map(vec![
        ("namespace", text("shop")),
        ("labels", map(vec![("app", text("orders"))])),
    ]);
    let configuration = map(vec![
        ("workload", workload),
        ("resources", Document::List(resources)),
    ]);
    PolicySet::from_document(&configuration, None).expect("valid policies")
}

fn every_combination() -> BTreeSet<(usize, usize, usize, usize)> {
    let mut all = BTreeSet::new();
    for peer in 0..4 {
        for port in 0..PORTS.len() {
            for method in 0..METHODS.len() {
                all.extend((0..PATHS.len()).map(|path| (peer, port, method, path)));
            }
        }
    }
    all
}

fn traffic() -> impl Strategy<Value = BTreeSet<(usize, usize, usize, usize)>> {
    proptest::collection::btree_set((0..4_usize, 0..2_usize, 0..3_usize, 0..6_usize), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_templates_what_was_seen_is_admitted_and_no_other_combination_of_it(traffic in traffic()) {
        let options = options(Generalise::Nothing);
        let seen_accesses = seen(&traffic, &options);
        let learned = learn(target(), &seen_accesses, &options);
        let engine = engine(&learned.to_yaml());
        let unseen: BTreeSet<_> = every_combination().difference(&traffic).copied().collect();
        let admitted = verify(&engine, &learned, &seen_accesses);
        prop_assert_eq!(admitted.mismatches.clone(), vec![]);
        prop_assert_eq!(admitted.admitted, u64::try_from(traffic.len()).unwrap());
        // Asked as though it had been seen, nothing else is allowed.
        let others = verify(&engine, &learned, &seen(&unseen, &options));
        prop_assert_eq!(others.admitted, 0);
    }

    #[test]
    fn with_templates_what_was_seen_is_admitted_and_near_misses_are_denied(traffic in traffic()) {
        for generalise in [Generalise::Ids, Generalise::All] {
            let options = options(generalise);
            let seen_accesses = seen(&traffic, &options);
            let learned = learn(target(), &seen_accesses, &options);
            let verification = verify(&engine(&learned.to_yaml()), &learned, &seen_accesses);
            prop_assert_eq!(verification.mismatches.clone(), vec![]);
            prop_assert!(verification.denied > 0);
        }
    }

    #[test]
    fn the_order_of_the_log_changes_nothing(traffic in traffic()) {
        let options = options(Generalise::Ids);
        let once = learn(target(), &seen(&traffic, &options), &options).to_yaml();
        let reversed = seen(traffic.iter().rev(), &options);
        prop_assert_eq!(learn(target(), &reversed, &options).to_yaml(), once);
    }
}

#[test]
fn a_policy_that_is_too_wide_does_not_pass() {
    let options = options(Generalise::Nothing);
    let seen = seen(&BTreeSet::from([(0, 0, 0, 2)]), &options);
    let learned = learn(target(), &seen, &options);
    let wide = learned.to_yaml().replace("/orders/1", "\"/orders/*\"");
    assert!(!verify(&engine(&wide), &learned, &seen).mismatches.is_empty());
}

#[test]
fn connections_are_admitted_by_port_and_never_open_another() {
    let access = |port| Access {
        peer: LearnedPeer::SpiffeId("spiffe://cluster.local/ns/shop/sa/p0".to_owned()),
        operation: Operation::Tcp { port },
    };
    let sighting = Sighting {
        count: 1,
        place: Place {
            log: Arc::from("test"),
            line: 1,
        },
        first: None,
        last: None,
    };
    let seen = BTreeMap::from([(access(5432), sighting.clone()), (access(6379), sighting)]);
    let learned = learn(target(), &seen, &options(Generalise::Ids));
    let verification = verify(&engine(&learned.to_yaml()), &learned, &seen);
    assert_eq!((verification.admitted, verification.mismatches), (2, vec![]));
    assert!(verification.denied > 0);
}
