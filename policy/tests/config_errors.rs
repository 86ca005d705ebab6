//! What is refused, and what is said about it: every problem at once, each with its place.

#![allow(clippy::indexing_slicing, reason = "a missing element fails the test")]

mod common;

use common::{authorization_policy, compile, config, peer_authentication};
use serde_json::{Value, json};
use spiffe_authz_policy::PolicySet;
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The messages for a configuration with these resources.
fn errors(resources: &[Value]) -> Vec<String> {
    errors_of(&config("zero-trust", resources))
}

fn errors_of(config: &Value) -> Vec<String> {
    compile(config)
        .err()
        .map(|errors| errors.iter().map(ToString::to_string).collect())
        .unwrap_or_default()
}

fn rule(rule: Value) -> Value {
    authorization_policy("p", json!({"rules": [rule]}))
}

/// The places of the messages for a configuration.
fn places(config: &Value) -> Vec<String> {
    let messages = errors_of(config);
    let place = |message: &String| message.split(": ").next().map(str::to_owned);
    messages.iter().filter_map(place).collect()
}

/// Exactly one message, which begins so.
fn assert_refused(config: &Value, message: &str) {
    let errors = errors_of(config);
    assert!(
        errors.len() == 1 && errors[0].starts_with(message),
        "expected `{message}`, got {errors:#?}"
    );
}

#[test]
fn three_mistakes_are_three_messages_with_their_paths() {
    let source = json!([{"source": {"principal": ["a"]}}]);
    let operation = json!([{"operation": {"ports": ["80", "http"]}}]);
    let messages = errors(&[
        authorization_policy("p", json!({"rules": [{"from": source}, {"to": operation}]})),
        peer_authentication("shop", "default", json!({"mtls": {"mode": "STRCT"}})),
    ]);
    assert_eq!(
        messages,
        [
            "resources[0].spec.rules[0].from[0].source.principal: unknown field, expected one of \
             `principals`, `notPrincipals`, `requestPrincipals`, `notRequestPrincipals`, `namespaces`, \
             `notNamespaces`, `serviceAccounts`, `notServiceAccounts`, `trustDomains`, \
             `notTrustDomains`, `ipBlocks`, `notIpBlocks`, `remoteIpBlocks`, `notRemoteIpBlocks`",
            "resources[1].spec.mtls.mode: `STRCT` is not an mTLS mode: STRICT, PERMISSIVE, DISABLE or UNSET",
            "resources[0].spec.rules[1].to[0].operation.ports[1]: `http` is not a port: a decimal number from 0 \
             to 65535, or a range such as `8000-8099`",
        ]
    );
}

#[test]
fn problems_of_form_come_first_and_all_stand_in_the_order_of_the_document() {
    let ports = |ports: Value| json!({"rules": [{"to": [{"operation": {"ports": ports}}]}]});
    let lifts = json!(["shop/later", "shop/nowhere"]);
    let exception = json!({"rules": [], "exception": {"until": "2999-01-01T00:00:00Z", "lifts": lifts}});
    let custom = json!({"action": "CUSTOM", "provider": {"name": "p"}, "rules": []});
    let config = json!({
        "profile": "lax",
        "unknown": 1,
        "resources": [
            authorization_policy("a", ports(json!(["x"]))),
            authorization_policy("b", exception),
            authorization_policy("c", ports(json!(["y", 8080]))),
            authorization_policy("later", json!({"action": "DENY", "rules": []})),
            authorization_policy("d", custom),
            authorization_policy("a", ports(json!(["z"]))),
        ],
    });
    let expected = [
        "profile",
        "resources[2].spec.rules[0].to[0].operation.ports[1]",
        "resources[5]",
        "unknown",
        "resources[0].spec.rules[0].to[0].operation.ports[0]",
        "resources[1].spec.exception.lifts[1]",
        "resources[2].spec.rules[0].to[0].operation.ports[0]",
        "resources[5].spec.rules[0].to[0].operation.ports[0]",
        "resources[4].spec.action",
        "workload",
    ];
    assert_eq!(places(&config), expected);
}

#[test]
fn what_others_serve_is_refused_with_the_place_to_put_it() {
    assert_refused(
        &config(
            "istio",
            &[authorization_policy(
                "p",
                json!({"action": "CUSTOM", "provider": {"name": "a"}, "rules": [{}]}),
            )],
        ),
        "resources[0].spec.action: a CUSTOM policy asks an external authorizer: put it into Envoy's ext_authz filter",
    );
}

#[test]
fn every_key_of_a_condition_is_known_or_refused() {
    for key in [
        "destination.labels[app]",
        "destination.name",
        "destination.namespace",
        "destination.user",
        "source.labels",
        "source.ips",
        "request.headers",
        "request.headers[]",
        "request.headers[a b]",
        "request.query[]",
        "request.auth.claims",
        "request.auth.claims[a][]",
        "experimental.envoy.filters.[a]",
        "experimental.envoy.filters.a[]",
        "Source.ip",
    ] {
        let condition = json!({"when": [{"key": key, "values": ["a"]}]});
        assert_refused(
            &config("istio", &[rule(condition)]),
            &format!("resources[0].spec.rules[0].when[0].key: `{key}` is not a key: request.headers[NAME], "),
        );
    }
}

#[test]
fn forms_that_ask_nothing_are_refused_as_by_istio() {
    let table = [
        (json!({"from": []}), "from: empty"),
        (json!({"to": []}), "to: empty"),
        (json!({"from": [{}]}), "from[0].source: missing"),
        (json!({"from": [{"source": {}}]}), "from[0].source: empty"),
        (json!({"from": [{"source": null}]}), "from[0].source: missing"),
        (
            json!({"from": [{"source": {"principals": []}}]}),
            "from[0].source: empty",
        ),
        (json!({"to": [{"operation": {}}]}), "to[0].operation: empty"),
        (
            json!({"from": [{"source": {"principals": [""]}}]}),
            "from[0].source.principals[0]: empty",
        ),
        (
            json!({"from": [{"source": {"principals": [null]}}]}),
            "from[0].source.principals[0]: expected text",
        ),
        (json!({"when": []}), "when: empty"),
        (json!({"when": [{"key": "source.ip"}]}), "when[0]: empty"),
        (
            json!({"when": [{"key": "source.ip", "values": []}]}),
            "when[0]: empty",
        ),
        (json!({"when": [{"values": ["a"]}]}), "when[0].key: missing"),
    ];
    for (clause, message) in table {
        assert_refused(
            &config("istio", &[rule(clause)]),
            &format!("resources[0].spec.rules[0].{message}"),
        );
    }
    assert_refused(
        &config("istio", &[authorization_policy("p", json!({"action": "DENY"}))]),
        "resources[0].spec.rules: missing",
    );
    assert_refused(
        &config("istio", &[authorization_policy("p", json!({"rules": [null]}))]),
        "resources[0].spec.rules[0]: expected a map, found null",
    );
}

#[test]
fn values_of_the_wrong_kind_are_named_with_what_was_found() {
    let port = rule(json!({"to": [{"operation": {"ports": [8080]}}]}));
    assert_refused(
        &config("istio", &[port]),
        "resources[0].spec.rules[0].to[0].operation.ports[0]: expected text (write it in quotes), found the \
         number `8080`",
    );
    let paths = rule(json!({"to": [{"operation": {"paths": "/a"}}]}));
    assert_refused(
        &config("istio", &[paths]),
        "resources[0].spec.rules[0].to[0].operation.paths: expected a list, found the text `/a`",
    );
}

#[test]
fn a_resource_is_known_by_its_kind_version_and_name() {
    let policy = |change: fn(&mut Value)| {
        let mut policy = authorization_policy("p", json!({}));
        change(&mut policy);
        config("istio", &[policy])
    };
    assert_refused(
        &policy(|p| p["kind"] = json!("Gateway")),
        "resources[0].kind: `Gateway` is not a kind",
    );
    assert_refused(
        &policy(|p| p["apiVersion"] = json!("v1")),
        "resources[0].apiVersion: `v1` is not",
    );
    assert_refused(
        &policy(|p| p["metadata"] = json!({"name": "p"})),
        "resources[0].metadata.namespace: missing",
    );
    assert_refused(
        &policy(|p| p["specs"] = json!({})),
        "resources[0].specs: unknown field",
    );
    assert_refused(
        &policy(|p| p["metadata"]["creationTimestamp"] = json!("yesterday")),
        "resources[0].metadata.creationTimestamp: `yesterday` is not a time",
    );
    assert_refused(
        &policy(|p| p["metadata"]["annotations"] = json!({"istio.io/dry-run": "yes"})),
        "resources[0].metadata.annotations.\"istio.io/dry-run\": `yes` is not `true` or `false`",
    );
    let twice = [
        authorization_policy("p", json!({})),
        authorization_policy("p", json!({})),
    ];
    assert_refused(
        &config("istio", &twice),
        "resources[1]: `AuthorizationPolicy shop/p` is already defined above",
    );
}

#[test]
fn metadata_as_kubernetes_writes_it_is_taken() {
    let mut policy = authorization_policy("p", json!({}));
    policy["metadata"]["uid"] = json!("1");
    policy["metadata"]["managedFields"] = json!([{"manager": "kubectl"}]);
    policy["metadata"]["annotations"] = json!({"istio.io/dry-run": "false", "x": "y"});
    policy["status"] = json!({"conditions": []});
    assert_eq!(errors(&[policy]), [""; 0]);
}

#[test]
fn port_modes_need_a_workload_and_real_ports() {
    let spec = json!({"portLevelMtls": {"8080": {"mode": "STRICT"}}});
    assert_refused(
        &config("istio", &[peer_authentication("shop", "p", spec)]),
        "resources[0].spec.portLevelMtls: portLevelMtls needs a selector",
    );
    for port in ["0", "65536", "http", "+80"] {
        let spec =
            json!({"selector": {"matchLabels": {"app": "a"}}, "portLevelMtls": {port: {"mode": "STRICT"}}});
        let errors = errors(&[peer_authentication("shop", "p", spec)]);
        assert!(
            errors.len() == 1 && errors[0].contains("is not a port"),
            "{errors:?}"
        );
    }
}

#[test]
fn the_plugin_configuration_itself_is_checked() {
    assert_refused(
        &json!({"resources": [], "workload": {"namespace": "a"}, "profil": "istio"}),
        "profil: unknown field, expected one of `profile`, `mesh`, `workload`, `custom`, `directRemoteAddressKey`, `ambiguousPaths`, `svid`, `audit`, `resources`",
    );
    assert_refused(
        &json!({"resources": [], "profile": "strict", "workload": {"namespace": "a"}}),
        "profile: `strict` is not a profile: zero-trust or istio",
    );
    assert_refused(&json!({"workload": {"namespace": "a"}}), "resources: missing");
    assert_refused(&json!({"resources": []}), "workload: missing");
    assert_refused(
        &json!({"resources": [], "workload": {}}),
        "workload.namespace: missing",
    );
    assert_refused(
        &json!({"resources": [], "workload": {"namespace": "a"}, "mesh": {"trustDomain": "Cluster.Local"}}),
        "mesh.trustDomain: `Cluster.Local` is not a trust domain",
    );
    assert_refused(&json!([]), "configuration: expected a map, found a list");
}

#[test]
fn text_that_is_no_json_is_refused_with_line_and_column() {
    let errors = PolicySet::from_plugin_configuration(b"{\n  resources: []\n}", None).unwrap_err();
    assert!(errors.to_string().contains("line 2 column 3"), "{errors}");
}

#[test]
fn a_field_given_twice_is_refused() {
    let json = br#"{"resources": [], "workload": {"namespace": "a"}, "resources": []}"#;
    let errors = PolicySet::from_plugin_configuration(json, None).unwrap_err();
    assert!(
        errors
            .to_string()
            .contains("resources: the field is given more than once"),
        "{errors}"
    );
}

#[test]
fn sizes_are_bounded() {
    let rules: Vec<Value> = (0..513).map(|_| json!({})).collect();
    assert_refused(
        &config("istio", &[authorization_policy("p", json!({"rules": rules}))]),
        "resources[0].spec.rules: 513 rules, at most 512 are allowed",
    );
    let long = "a".repeat(8193);
    assert_refused(
        &config(
            "istio",
            &[rule(json!({"to": [{"operation": {"paths": [long]}}]}))],
        ),
        "resources[0].spec.rules[0].to[0].operation.paths[0]: 8193 bytes, at most 8192 are allowed",
    );
}

#[test]
fn one_mistake_hides_no_other_and_moves_no_place() {
    let operation = |ports: Value| json!({"rules": [{"to": [{"operation": {"ports": ports}}]}]});
    let mut nameless = authorization_policy("p", operation(json!(["http"])));
    nameless["metadata"] = json!({"name": "p"});
    let resources = [
        json!({"kind": "Gateway"}),
        nameless,
        authorization_policy("q", operation(json!([8080, "80", "x"]))),
        authorization_policy(
            "r",
            json!({"rules": [null, {"to": [null, {"operation": {"paths": ["/{"]}}]}]}),
        ),
    ];
    let messages = errors(&resources);
    let places: Vec<&str> = messages
        .iter()
        .filter_map(|message| message.split(": ").next())
        .collect();
    assert_eq!(
        places,
        [
            "resources[0].apiVersion",
            "resources[0].kind",
            "resources[0].metadata",
            "resources[1].metadata.namespace",
            "resources[2].spec.rules[0].to[0].operation.ports[0]",
            "resources[3].spec.rules[0]",
            "resources[3].spec.rules[1].to[0]",
            "resources[1].spec.rules[0].to[0].operation.ports[0]",
            "resources[2].spec.rules[0].to[0].operation.ports[2]",
            "resources[3].spec.rules[1].to[1].operation.paths[0]",
        ],
        "{messages:#?}"
    );
}

#[test]
fn of_very_many_problems_the_first_thousand_are_listed_and_the_rest_is_counted() {
    let resources: Vec<Value> = (0..1500).map(|_| json!(1)).collect();
    let messages = errors(&resources);
    assert_eq!(messages.len(), 1001);
    assert!(messages[999].starts_with("resources[999]: "), "{}", messages[999]);
    assert_eq!(messages[1000], "configuration: 500 more problems are not listed");
}

#[test]
fn a_map_of_very_many_fields_is_read_in_reasonable_time() {
    // Were each name compared with all before it, this would be forty thousand million comparisons.
    let fields: serde_json::Map<String, Value> = (0..200_000)
        .map(|number| (number.to_string(), json!(1)))
        .collect();
    assert_eq!(errors(&[Value::Object(fields)]).len(), 1001);
}

#[test]
fn a_text_over_the_limit_is_one_problem_and_is_not_repeated_in_the_message() {
    let long = "x".repeat(8193);
    let mut config = config("zero-trust", &[]);
    config["profile"] = json!(long);
    config["workload"] = json!(long);
    let expected = [
        "profile: 8193 bytes, at most 8192 are allowed",
        "workload: expected a map, found a text",
    ];
    assert_eq!(errors_of(&config), expected);
}
