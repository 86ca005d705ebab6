//! The layers, and dry runs beside them.

use super::*;

#[test]
fn the_layers_stand_in_their_order_whatever_that_of_the_resources() {
    let resources = json!([
        named("a", "ALLOW", false),
        named("b", "DENY", false),
        named("c", "AUDIT", false),
    ]);
    let rbac = rendered(&with_resources(resources));
    let actions = |filters: &[Value]| -> Vec<Value> {
        filters
            .iter()
            .map(|filter| filter["typed_config"]["rules"]["action"].clone())
            .collect()
    };
    assert_eq!(actions(&rbac.http_filters), ["LOG", "DENY", "ALLOW"]);
    assert_eq!(actions(&rbac.network_filters), ["LOG", "DENY", "ALLOW"]);
}

#[test]
fn a_filter_says_its_message() {
    let rbac = rendered(&configuration(json!({"rules": [{}]})));
    assert_eq!(rbac.http_filters[0]["name"], "envoy.filters.http.rbac");
    assert_eq!(
        rbac.http_filters[0]["typed_config"]["@type"],
        "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
    );
    assert_eq!(rbac.network_filters[0]["name"], "envoy.filters.network.rbac");
    assert_eq!(
        rbac.network_filters[0]["typed_config"]["@type"],
        "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC"
    );
    assert_eq!(rbac.network_filters[0]["typed_config"]["stat_prefix"], "tcp.");
}

#[test]
fn a_dry_run_is_a_shadow_of_its_own_layer() {
    let resources = json!([
        named("a", "ALLOW", true),
        named("b", "DENY", true),
        named("c", "DENY", false),
    ]);
    let filters = rendered(&with_resources(resources)).http_filters;
    let (deny, allow) = (&filters[0]["typed_config"], &filters[1]["typed_config"]);
    let ids =
        |rules: &Value| -> Vec<String> { rules["policies"].as_object().unwrap().keys().cloned().collect() };
    assert_eq!(ids(&deny["rules"]), ["ns[shop]-policy[c]-rule[0]"]);
    assert_eq!(ids(&deny["shadow_rules"]), ["ns[shop]-policy[b]-rule[0]"]);
    assert_eq!(deny["shadow_rules_stat_prefix"], "istio_dry_run_deny_");
    assert_eq!(allow["rules"], Value::Null);
    assert_eq!(ids(&allow["shadow_rules"]), ["ns[shop]-policy[a]-rule[0]"]);
    assert_eq!(allow["shadow_rules_stat_prefix"], "istio_dry_run_allow_");
}
