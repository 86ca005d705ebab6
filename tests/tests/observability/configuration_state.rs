//! Which configuration is in force, and why another one was rejected.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use spiffe_authz_tests::workspace;

use crate::common::{assert_shown, authorization_policy, guarded, of_the_filter};

/// The value of a sample without labels.
fn value(metrics: &str, name: &str) -> u64 {
    let line = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix("{} "));
    let Some(value) = line else {
        panic!("{name} is not in\n{}", of_the_filter(metrics))
    };
    value.parse().unwrap()
}

/// What the command of the page says of this text.
fn hash(configuration: &str) -> u64 {
    let page = workspace::root().join("docs/observability.md");
    let page = std::fs::read_to_string(page).unwrap();
    let command = page.lines().find(|line| line.contains("sha256sum |")).unwrap();
    let output = Command::new("sh")
        .args(["-c", command])
        .env("CONFIGURATION", configuration)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn configuration(policies: usize) -> Value {
    let policies: Vec<Value> = (0..policies)
        .map(|number| authorization_policy(&format!("p{number}"), "ALLOW", &["GET"]))
        .collect();
    json!({"resources": policies})
}

const HASH: &str = "spiffe_authz_configuration_hash";
const LOADED: &str = "spiffe_authz_configuration_loaded_timestamp_seconds";

#[tokio::test]
async fn gauges_show_the_hash_the_time_and_the_size_of_the_configuration_in_force() {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let guarded = guarded("configuration-gauges").await;
    let three = configuration(3);
    guarded.configure(&three).unwrap();
    guarded.envoy.wait_for_counter("config_reload", 2).await.unwrap();
    let wanted = format!("{HASH}{{}} {}", hash(&three.to_string()));
    let metrics = guarded.envoy.wait_for_line(&wanted).await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((started..=now).contains(&value(&metrics, LOADED)));
    assert_shown(
        &metrics,
        &[
            "spiffe_authz_policies_loaded{} 3",
            "spiffe_authz_rules_loaded{} 3",
            "spiffe_authz_policies_without_label{} 0",
        ],
    );
}

#[tokio::test]
async fn a_rejected_configuration_shows_its_reason_beside_the_last_good_one_and_the_next_good_one_clears_it()
{
    let guarded = guarded("configuration-rejected").await;
    let before = guarded.envoy.prometheus().await.unwrap();
    let rejected = |reason: &str, value: u64| {
        format!(r#"spiffe_authz_configuration_rejected{{reason="{reason}"}} {value}"#)
    };
    assert_shown(&before, &[&rejected("syntax", 0), &rejected("unknown-field", 0)]);
    for (reason, configuration) in [
        ("syntax", "{".to_owned()),
        ("unknown-field", r#"{"resources": [], "colour": 1}"#.to_owned()),
    ] {
        guarded.configure_text(&configuration).unwrap();
        let metrics = guarded.envoy.wait_for_line(&rejected(reason, 1)).await.unwrap();
        for name in [HASH, LOADED, "spiffe_authz_policies_loaded"] {
            assert_eq!(value(&metrics, name), value(&before, name), "{name}");
        }
    }
    let metrics = guarded.envoy.prometheus().await.unwrap();
    assert_shown(&metrics, &[&rejected("syntax", 0)]);
    guarded.configure(&configuration(1)).unwrap();
    guarded
        .envoy
        .wait_for_line(&rejected("unknown-field", 0))
        .await
        .unwrap();
}

#[tokio::test]
async fn of_1200_policies_that_decide_a_thousand_are_named_and_the_others_counted_together() {
    let guarded = guarded("many-policies").await;
    let policies: Vec<Value> = (0..1_200)
        .map(|number| {
            let mut policy = authorization_policy(&format!("p{number}"), "ALLOW", &["GET"]);
            let path = format!("/orders/{number}");
            policy["spec"]["rules"][0]["to"][0]["operation"]["paths"] = json!([path]);
            policy
        })
        .collect();
    guarded.configure(&json!({"resources": policies})).unwrap();
    guarded
        .envoy
        .wait_for_line("spiffe_authz_policies_loaded{} 1200")
        .await
        .unwrap();
    let requests: Vec<String> = (0..1_200)
        .map(|number| format!("GET /orders/{number} HTTP/1.1\r\nhost: orders\r\n\r\n"))
        .collect();
    for some in requests.chunks(50) {
        let mut connection = guarded
            .connect(spiffe_authz_tests::envoy::guarded::FRONTEND)
            .await
            .unwrap();
        let last = "GET /orders/0 HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n";
        let sent = some.concat() + last;
        connection.say(sent.as_bytes()).await.unwrap();
        let answers = connection.ending().await.unwrap();
        let answers = String::from_utf8_lossy(&answers);
        assert_eq!(
            answers.matches("HTTP/1.1 200").count(),
            some.len() + 1,
            "{answers}"
        );
    }
    let metrics = guarded.envoy.prometheus().await.unwrap();
    let of_policies = metrics
        .lines()
        .filter(|line| line.starts_with("spiffe_authz_requests_total") && line.contains("matched-allow"));
    // Those of the configuration before are named as well: `orders` and `keep`.
    assert_eq!(of_policies.count(), 998 + 1);
    assert_shown(
        &metrics,
        &[
            "spiffe_authz_policies_without_label{} 202",
            r#"spiffe_authz_requests_total{decision="allow",cause="matched-allow",policy="(other)",mtls="mutual"} 202"#,
        ],
    );
}
