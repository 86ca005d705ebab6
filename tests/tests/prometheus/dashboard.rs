//! The dashboard: its form, and what each of its expressions says of known traffic.

use std::collections::BTreeSet;

use serde_json::Value;
use spiffe_authz_tests::prometheus::{self, Sample};

use crate::scene::Scene;
use crate::shipped;

/// Metrics that are there under other policies alone: profile istio has the shadow of Istio's own dry run.
const ELSEWHERE: [&str; 1] = ["spiffe_authz_shadow_total"];

/// Each panel's title with its expressions.
fn panels() -> Vec<(String, Vec<String>)> {
    let dashboard = shipped::dashboard();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    panels
        .filter(|panel| panel["type"] != "row")
        .map(|panel| {
            let targets = panel["targets"].as_array().unwrap().iter();
            let expressions = targets.map(|target| target["expr"].as_str().unwrap().to_owned());
            (panel["title"].as_str().unwrap().to_owned(), expressions.collect())
        })
        .collect()
}

/// An expression with the variables as Grafana puts them in.
fn filled_in(expression: &str) -> String {
    let filled = expression
        .replace("$namespace", ".*")
        .replace("$workload", ".*")
        .replace("$__rate_interval", "5m");
    assert!(!filled.contains('$'), "{filled}");
    filled
}

/// Labels with their values.
type Labels = &'static [(&'static str, &'static str)];

/// What a panel's first expression is to say: for these labels, this number.
const KNOWN: [(&str, Labels, f64); 14] = [
    ("Judged since the proxies started", &[("decision", "allow")], 12.0),
    ("Judged since the proxies started", &[("decision", "deny")], 6.0),
    (
        "Denials since the proxies started",
        &[
            ("cause", "matched-deny"),
            ("policy", "shop/keep"),
            ("workload", "orders"),
        ],
        4.0,
    ),
    (
        "Denials since the proxies started",
        &[("cause", "no-matching-allow"), ("policy", "")],
        2.0,
    ),
    (
        "Without a certificate since the proxies started",
        &[("mtls", "plaintext"), ("decision", "allow")],
        2.0,
    ),
    (
        "Changes since the proxies started",
        &[("policy", "shop/freeze"), ("result", "would-deny")],
        2.0,
    ),
    ("Rejected", &[("reason", "syntax"), ("workload", "orders")], 1.0),
    ("Policies in force", &[], 2.0),
    ("Dry-run policies", &[], 1.0),
    ("Rules", &[], 4.0),
    ("Policies without a series", &[], 0.0),
    ("Updates rejected", &[], 1.0),
    ("Proxies that show no certificates", &[], 0.0),
    ("The interlock refused", &[], 0.0),
];

/// Panels whose first expression says something above zero for this label.
const ABOVE_ZERO: [(&str, &str, &str); 14] = [
    ("Decisions a second", "", ""),
    ("Denied", "", ""),
    ("Peers with mTLS", "", ""),
    ("By decision", "decision", "deny"),
    ("By policy", "policy", "shop/orders"),
    ("Denials by cause", "cause", "matched-deny"),
    ("How peers come", "mtls", "plaintext"),
    ("Without a certificate, by port", "mtls", "plaintext"),
    ("Handshakes", "", ""),
    ("What dry-run policies would change", "policy", "shop/freeze"),
    ("AUDIT and Istio's own dry run", "policy", "shop/note"),
    ("Remaining lifetime of peers' SVIDs", "le", "+Inf"),
    ("Own certificates", "envoy_tls_certificate", "svid"),
    ("VMs", "workload", "orders"),
];

fn matching<'s>(samples: &'s [Sample], labels: &[(&str, &str)]) -> Vec<&'s Sample> {
    let matches = |sample: &&Sample| labels.iter().all(|(name, value)| sample.label(name) == *value);
    samples.iter().filter(matches).collect()
}

#[test]
fn the_dashboard_has_an_id_a_data_source_variable_and_a_row_for_each_subject() {
    let dashboard = shipped::dashboard();
    assert_eq!(dashboard["uid"], "spiffe-authz");
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 36);
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    let names: Vec<_> = variables
        .map(|variable| variable["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["datasource", "namespace", "workload"]);
    let panels = dashboard["panels"].as_array().unwrap();
    let rows = panels.iter().filter(|panel| panel["type"] == "row");
    let rows: Vec<_> = rows.map(|row| row["title"].as_str().unwrap()).collect();
    assert_eq!(
        rows,
        [
            "Decisions",
            "Causes",
            "mTLS and plaintext",
            "Dry run and AUDIT",
            "SVID lifetimes",
            "Configuration",
            "Wasm VM and interlock"
        ]
    );
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        assert_fits_its_row(panel);
    }
}

fn assert_fits_its_row(panel: &Value) {
    let place = |name| panel["gridPos"][name].as_u64().unwrap();
    assert!(place("x") + place("w") <= 24, "{}", panel["title"]);
}

#[tokio::test]
async fn every_expression_is_answered_and_known_traffic_shows_the_known_numbers() {
    let Some(binary) = prometheus::binary() else {
        return;
    };
    let scene = Scene::play("dashboard", &binary).await;
    scene.break_configuration().await;
    let recorded = r#"spiffe_authz_peer_svid_remaining_seconds_count{workload="orders"}"#;
    scene.wait_for(recorded, 14.0).await;
    assert_all_answered(&scene).await;
    assert_known(&scene).await;
    for (title, label, value) in ABOVE_ZERO {
        let samples = first(&scene, title).await;
        let found = matching(&samples, &[(label, value)]);
        assert!(
            found.iter().any(|sample| sample.value > 0.0),
            "{title}: {samples:?}"
        );
    }
}

async fn assert_all_answered(scene: &Scene) {
    for (title, expressions) in panels() {
        for expression in expressions {
            let answer = scene.prometheus.query(&filled_in(&expression)).await;
            assert!(answer.is_ok(), "{title}: {answer:?}");
            for metric in shipped::metrics_in(&expression) {
                let there = scene.prometheus.query(&format!("count({metric})")).await.unwrap();
                let is_elsewhere = ELSEWHERE.contains(&metric.as_str());
                assert!(
                    is_elsewhere || !there.is_empty(),
                    "{title}: nobody shows {metric}"
                );
            }
        }
    }
}

async fn assert_known(scene: &Scene) {
    for (title, labels, value) in KNOWN {
        let samples = first(scene, title).await;
        let found = matching(&samples, labels);
        let [only] = found.as_slice() else {
            panic!("{title}: {labels:?} in {samples:?}")
        };
        assert!(
            (only.value - value).abs() < 1e-9,
            "{title}: {only:?}, not {value}"
        );
    }
}

/// What the first expression of a panel says.
async fn first(scene: &Scene, title: &str) -> Vec<Sample> {
    let panels = panels();
    let Some((_, expressions)) = panels.iter().find(|(own, _)| own == title) else {
        panic!("there is no panel {title}")
    };
    scene.prometheus.query(&filled_in(&expressions[0])).await.unwrap()
}
