//! Chains that carry anything (S-10).

use super::*;

/// The policies of the only network filter.
fn tcp(action: &str, rule: Value) -> Value {
    let rbac = rendered(&configuration(json!({"action": action, "rules": [rule]})));
    rbac.network_filters[0]["typed_config"]["rules"]["policies"].clone()
}

/// Rules each of which asks something of HTTP, and of a port.
fn rules_with_http() -> Vec<Value> {
    let mut rules: Vec<Value> = [
        json!({"hosts": ["a"]}),
        json!({"notMethods": ["GET"]}),
        json!({"paths": ["/a"]}),
    ]
    .into_iter()
    .map(|operation| json!({"to": [{"operation": operation}]}))
    .collect();
    rules.push(json!({"from": [{"source": {"requestPrincipals": ["*"]}}]}));
    let keys = [
        "request.headers[x]",
        "request.auth.principal",
        "request.auth.audiences",
        "request.auth.claims[a]",
    ];
    rules.extend(keys.map(|key| json!({"when": [{"key": key, "values": ["a"]}]})));
    for rule in &mut rules {
        let port = json!({"key": "destination.port", "values": ["1"]});
        match rule["when"].as_array_mut() {
            Some(when) => when.push(port),
            None => rule["when"] = json!([port]),
        }
    }
    rules
}

#[test]
fn on_a_tcp_chain_an_allow_rule_that_reads_http_is_left_out_and_its_layer_stays() {
    for rule in rules_with_http() {
        assert_eq!(tcp("ALLOW", rule.clone()), json!({}), "{rule}");
    }
}

#[test]
fn on_a_tcp_chain_other_rules_lose_what_reads_http() {
    let expected = json!({ORDERS: {
        "permissions": [{"and_rules": {"rules": [{"or_rules": {"rules": [{"destination_port": 1}]}}]}}],
        "principals": [{"and_ids": {"ids": [{"any": true}]}}],
    }});
    for (action, rule) in ["DENY", "AUDIT"]
        .into_iter()
        .flat_map(|action| rules_with_http().into_iter().map(move |rule| (action, rule)))
    {
        assert_eq!(tcp(action, rule.clone()), expected, "{rule}");
    }
}
