//! docs/observability.md: everything that a real Envoy shows of the filter stands in it.

use std::collections::BTreeSet;

use regex::Regex;
use spiffe_authz_envoy_config::stats;
use spiffe_authz_tests::workspace;

use crate::common::{guarded, statuses};

fn page() -> String {
    std::fs::read_to_string(workspace::root().join("docs/observability.md")).unwrap()
}

/// What stands in code on the page.
fn words() -> BTreeSet<String> {
    let word = Regex::new("[a-z_]+").unwrap();
    let code = Regex::new("`[^`]*`").unwrap();
    let page = page();
    code.find_iter(&page)
        .flat_map(|code| word.find_iter(code.as_str()))
        .map(|word| word.as_str().to_owned())
        .collect()
}

#[tokio::test]
async fn every_metric_of_the_filter_and_every_field_of_the_access_log_stands_on_the_page() {
    let guarded = guarded("documented").await;
    assert_eq!(statuses(&guarded, &["GET", "DELETE"]).await, [200, 403]);
    let words = words();
    let metrics = guarded.envoy.prometheus().await.unwrap();
    let metrics = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let ours: Vec<&str> = metrics
        .filter_map(|line| line.split(' ').next())
        .filter(|name| name.starts_with("spiffe_authz_"))
        .collect();
    assert!(ours.len() >= 9, "{ours:?}");
    for line in guarded.access_log(2).await.unwrap() {
        let fields = line.as_object().unwrap().keys().map(String::as_str);
        for name in fields.chain(ours.iter().copied()) {
            assert!(words.contains(name), "{name} is not on the page");
        }
    }
}

#[test]
fn the_page_names_every_label_for_istio() {
    let page = page();
    let list = page
        .lines()
        .find_map(|line| line.trim().strip_prefix("extraStatTags: ["));
    let named: BTreeSet<&str> = list.unwrap().trim_end_matches(']').split(", ").collect();
    assert_eq!(named, stats::LABELS.into_iter().collect());
}
