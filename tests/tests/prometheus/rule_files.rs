//! The rule files by promtool: their form, and their unit tests.

use std::process::Output;

use spiffe_authz_tests::prometheus;

use crate::shipped;

/// Runs promtool on shipped files; `None` where there is none.
fn promtool(arguments: &[&str], file: &str) -> Option<Output> {
    let binary = prometheus::binary()?;
    let output = prometheus::promtool(&binary)
        .args(arguments)
        .arg(shipped::path(file))
        .output();
    Some(output.unwrap())
}

fn assert_passes(arguments: &[&str], file: &str) {
    let Some(output) = promtool(arguments, file) else {
        return;
    };
    let said = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy);
    assert!(output.status.success(), "{}", said.concat());
}

#[test]
fn the_alert_rules_are_rules() {
    assert_passes(&["check", "rules"], "alerts.yaml");
}

#[test]
fn the_scrape_configuration_is_one() {
    assert_passes(&["check", "config"], "prometheus.yaml");
}

#[test]
fn the_unit_tests_of_the_alert_rules_pass() {
    assert_passes(&["test", "rules"], "alerts.tests.yaml");
}

#[test]
fn every_alert_has_a_unit_test_in_which_it_fires_and_one_in_which_it_does_not() {
    let tests = shipped::yaml("alerts.tests.yaml");
    let expectations: Vec<_> = tests["tests"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|test| test["alert_rule_test"].as_array().unwrap())
        .collect();
    let alerts = shipped::yaml("alerts.yaml");
    for alert in alerts["groups"][0]["rules"].as_array().unwrap() {
        let of_it = expectations
            .iter()
            .filter(|expected| expected["alertname"] == alert["alert"]);
        let fires: Vec<bool> = of_it
            .map(|expected| {
                expected["exp_alerts"]
                    .as_array()
                    .is_some_and(|alerts| !alerts.is_empty())
            })
            .collect();
        assert!(
            fires.contains(&true) && fires.contains(&false),
            "{}: {fires:?}",
            alert["alert"]
        );
    }
}
