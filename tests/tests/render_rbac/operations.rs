//! What is asked for.

use super::*;

#[test]
fn hosts_are_compared_without_case_and_a_star_asks_for_any() {
    let host = |matcher: Value| json!({"header": {"name": ":authority", "string_match": matcher}});
    let expected = json!([{"or_rules": {"rules": [
        {"header": {"name": ":authority", "present_match": true}},
        host(json!({"suffix": ".shop", "ignore_case": true})),
        host(json!({"prefix": "orders.", "ignore_case": true})),
        host(json!({"exact": "orders.shop:8080", "ignore_case": true})),
    ]}}]);
    assert_eq!(
        operation(json!({"hosts": ["*", "*.shop", "orders.*", "orders.shop:8080"]})),
        expected
    );
}

#[test]
fn methods_are_compared_with_case() {
    let method = |matcher: Value| json!({"header": {"name": ":method", "string_match": matcher}});
    let expected = json!([{"or_rules": {"rules": [
        {"header": {"name": ":method", "present_match": true}},
        method(json!({"suffix": "ET"})),
        method(json!({"prefix": "P"})),
        method(json!({"exact": "GET"})),
    ]}}]);
    assert_eq!(operation(json!({"methods": ["*", "*ET", "P*", "GET"]})), expected);
}

#[test]
fn paths_have_the_generic_forms_and_templates_are_those_of_the_proxy() {
    let path = |matcher: Value| json!({"url_path": {"path": matcher}});
    let template = |text: &str| {
        json!({"uri_template": {"name": "uri-template", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
            "path_template": text,
        }}})
    };
    let expected = json!([{"or_rules": {"rules": [
        path(json!({"safe_regex": {"regex": ".+"}})),
        path(json!({"suffix": "/x*"})),
        path(json!({"prefix": "/x"})),
        path(json!({"exact": "/x"})),
        template("/a/*/b/**"),
    ]}}]);
    assert_eq!(
        operation(json!({"paths": ["*", "*/x*", "/x*", "/x", "/a/{*}/b/{**}"]})),
        expected
    );
}

#[test]
fn ports_are_numbers() {
    let expected = json!([{"or_rules": {"rules": [{"destination_port": 8080}, {"destination_port": 0}]}}]);
    assert_eq!(operation(json!({"ports": ["8080", "0"]})), expected);
    assert_eq!(permission_when("destination.port", &["8080", "0"]), expected);
}

#[test]
fn the_requested_server_name_has_the_generic_forms() {
    let expected = json!([{"or_rules": {"rules": [
        {"requested_server_name": {"safe_regex": {"regex": ".+"}}},
        {"requested_server_name": {"suffix": ".shop"}},
        {"requested_server_name": {"exact": "orders.shop"}},
    ]}}]);
    assert_eq!(
        permission_when("connection.sni", &["*", "*.shop", "orders.shop"]),
        expected
    );
}
