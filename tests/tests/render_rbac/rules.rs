//! How fields, rules and their absence stand together.

use super::*;

#[test]
fn values_and_not_values_of_a_field_are_both_required() {
    let path = |text: &str| json!({"url_path": {"path": {"exact": text}}});
    let expected = json!([
        {"or_rules": {"rules": [path("/a")]}},
        {"not_rule": {"or_rules": {"rules": [path("/b"), path("/c")]}}},
    ]);
    assert_eq!(
        operation(json!({"paths": ["/a"], "notPaths": ["/b", "/c"]})),
        expected
    );
    let not = source(json!({"notRequestPrincipals": ["a/b"]}));
    assert_eq!(not[0]["not_id"], source(json!({"requestPrincipals": ["a/b"]}))[0]);
}

#[test]
fn conditions_stand_behind_the_fields_of_every_clause() {
    let rule = rule(json!({
        "from": [{"source": {"namespaces": ["a"]}}, {"source": {"namespaces": ["b"]}}],
        "to": [{"operation": {"ports": ["1"]}}],
        "when": [
            {"key": "source.ip", "values": ["10.0.0.1"]},
            {"key": "destination.port", "notValues": ["2"]},
        ],
    }));
    let ip =
        json!({"or_ids": {"ids": [{"direct_remote_ip": {"address_prefix": "10.0.0.1", "prefix_len": 32}}]}});
    for (index, namespace) in [".*/ns/a/.*", ".*/ns/b/.*"].into_iter().enumerate() {
        let ids = json!([peers(regexes(&[namespace]))[0], ip]);
        assert_eq!(rule["principals"][index], json!({"and_ids": {"ids": ids}}));
    }
    let rules = json!([
        {"or_rules": {"rules": [{"destination_port": 1}]}},
        {"not_rule": {"or_rules": {"rules": [{"destination_port": 2}]}}},
    ]);
    assert_eq!(rule["permissions"], json!([{"and_rules": {"rules": rules}}]));
}

#[test]
fn an_empty_rule_matches_everything_and_no_rule_nothing() {
    assert_eq!(
        rule(json!({})),
        json!({
            "permissions": [{"and_rules": {"rules": [{"any": true}]}}],
            "principals": [{"and_ids": {"ids": [{"any": true}]}}],
        })
    );
    let nothing = rendered(&configuration(json!({})));
    assert_eq!(
        nothing.http_filters[0]["typed_config"]["rules"]["policies"],
        json!({ORDERS: {
            "permissions": [{"not_rule": {"any": true}}],
            "principals": [{"not_id": {"any": true}}],
        }})
    );
}

#[test]
fn a_waypoint_finds_the_peer_in_filter_state() {
    let mut configuration = configuration(json!({
        "targetRefs": [{"kind": "Service", "name": "orders"}],
        "rules": [{"from": [{"source": {"principals": ["other/ns/a/sa/b"]}}]}],
    }));
    configuration["workload"]["waypoint"] =
        json!({"services": [{"kind": "Service", "name": "orders", "namespace": "shop"}]});
    let rbac = rendered(&configuration);
    let policy = &rbac.http_filters[0]["typed_config"]["rules"]["policies"][ORDERS];
    assert_eq!(
        policy["principals"][0]["and_ids"]["ids"][0]["or_ids"]["ids"][0],
        json!({"filter_state": {
            "key": "io.istio.peer_principal",
            "string_match": {"exact": "spiffe://other/ns/a/sa/b"},
        }})
    );
}
