//! The alert rules: what each of them says of known traffic.

use std::collections::BTreeSet;

use serde_json::Value;
use spiffe_authz_tests::prometheus;
use spiffe_authz_tests::workspace;

use crate::scene::Scene;
use crate::shipped;

/// What these tests give reason for: plaintext that was admitted, and a configuration that was rejected.
const WITH_REASON: [&str; 3] = [
    "SpiffeAuthzConfigurationRejected",
    "SpiffeAuthzPlaintextAdmitted",
    "SpiffeAuthzUpdateRejected",
];

/// Every alert of the file.
fn alerts() -> Vec<Value> {
    let file = shipped::yaml("alerts.yaml");
    let groups = file["groups"].as_array().unwrap().iter();
    groups
        .flat_map(|group| group["rules"].as_array().unwrap().clone())
        .collect()
}

fn text<'a>(alert: &'a Value, pointer: &str) -> &'a str {
    alert
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{pointer} of {alert}"))
}

#[tokio::test]
async fn every_alert_is_answered_from_series_that_are_there_and_those_with_reason_fire() {
    let Some(binary) = prometheus::binary() else {
        return;
    };
    let scene = Scene::play("alerts", &binary).await;
    scene.break_configuration().await;
    scene
        .wait_for(
            r#"sum(spiffe_authz_peer_svid_remaining_seconds_count{workload="orders"})"#,
            14.0,
        )
        .await;
    let mut firing = BTreeSet::new();
    for alert in alerts() {
        let (name, expression) = (text(&alert, "/alert"), text(&alert, "/expr"));
        let answer = scene.prometheus.query(expression).await.unwrap();
        for metric in shipped::metrics_in(expression) {
            let there = scene.prometheus.query(&format!("count({metric})")).await.unwrap();
            assert!(!there.is_empty(), "{name}: nobody shows {metric}");
        }
        if !answer.is_empty() {
            firing.insert(name.to_owned());
        }
    }
    assert_eq!(firing, WITH_REASON.map(str::to_owned).into_iter().collect());
}

/// The headings of a page as GitHub makes anchors of them.
fn anchors(page: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(workspace::root().join("docs").join(page)).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading
                .chars()
                .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

#[test]
fn every_alert_says_how_bad_it_is_and_links_a_section_that_is_there() {
    for alert in alerts() {
        let severity = text(&alert, "/labels/severity");
        assert!(["critical", "warning", "info"].contains(&severity), "{alert}");
        assert!(!text(&alert, "/annotations/summary").is_empty());
        assert!(!text(&alert, "/annotations/description").is_empty());
        let link = text(&alert, "/annotations/runbook_url");
        let (page, anchor) = link.rsplit_once("/docs/").unwrap().1.split_once('#').unwrap();
        let is_by_cause = anchor == "{{ $labels.cause }}";
        assert!(is_by_cause || anchors(page).contains(anchor), "{link}");
    }
}
