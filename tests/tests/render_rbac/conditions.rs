//! Conditions.

use super::*;

#[test]
fn a_header_is_asked_for_by_name() {
    let header = |matcher: Value| json!({"header": {"name": "X-Role", "string_match": matcher}});
    let expected = json!([{"or_ids": {"ids": [
        {"header": {"name": "X-Role", "present_match": true}},
        header(json!({"suffix": "min"})),
        header(json!({"prefix": "ad"})),
        header(json!({"exact": "admin"})),
    ]}}]);
    assert_eq!(
        principal_when("request.headers[X-Role]", &["*", "*min", "ad*", "admin"]),
        expected
    );
}

/// A matcher on a claim of the verified token.
fn claim(path: &[&str], value: Value) -> Value {
    let keys: Vec<Value> = ["payload"]
        .iter()
        .chain(path)
        .map(|key| json!({"key": key}))
        .collect();
    json!({"metadata": {"filter": "envoy.filters.http.jwt_authn", "path": keys, "value": value}})
}

#[test]
fn a_request_principal_is_issuer_and_subject_split_at_the_last_slash() {
    let any = || json!({"safe_regex": {"regex": ".+"}});
    let exact = |text: &str| json!({"exact": text});
    let table = [
        ("*", any(), any()),
        ("*/alice", any(), exact("alice")),
        ("*.example/alice", json!({"suffix": ".example"}), exact("alice")),
        ("*/*", any(), exact("*")),
        ("*alice", any(), json!({"suffix": "alice"})),
        ("https://i/*", exact("https://i"), any()),
        ("https://i/al*", exact("https://i"), json!({"prefix": "al"})),
        ("https*", json!({"prefix": "https"}), any()),
        ("https://i/alice", exact("https://i"), exact("alice")),
        ("issuer", exact("issuer"), exact("")),
        ("https://*", exact("https:/"), any()),
    ];
    for (value, issuer, subject) in table {
        let both = json!({"and_ids": {"ids": [
            claim(&["iss"], json!({"string_match": issuer})),
            claim(&["sub"], json!({"string_match": subject})),
        ]}});
        assert_eq!(
            source(json!({"requestPrincipals": [value]})),
            json!([both]),
            "{value}"
        );
        assert_eq!(
            principal_when("request.auth.principal", &[value]),
            json!([both]),
            "{value}"
        );
    }
}

#[test]
fn several_request_principals_are_alternatives() {
    let parts = source(json!({"requestPrincipals": ["a/b", "c/d"]}));
    assert_eq!(parts[0]["or_ids"]["ids"].as_array().unwrap().len(), 2);
}

#[test]
fn a_claim_is_text_or_a_list_with_such_an_element() {
    let one = json!({"string_match": {"exact": "a"}});
    let two = json!({"or_match": {"value_matchers": [one, {"string_match": {"prefix": "b"}}]}});
    let either =
        |value: &Value| json!({"or_match": {"value_matchers": [{"list_match": {"one_of": value}}, value]}});
    let table: [(&str, &[&str]); 5] = [
        ("request.auth.audiences", &["aud"]),
        ("request.auth.presenter", &["azp"]),
        ("request.auth.claims[groups]", &["groups"]),
        ("request.auth.claims[realm][roles]", &["realm", "roles"]),
        ("request.auth.claims[a[b]c]", &["a[b]c"]),
    ];
    for (key, path) in table {
        assert_eq!(
            principal_when(key, &["a"]),
            json!([claim(path, either(&one))]),
            "{key}"
        );
        assert_eq!(
            principal_when(key, &["a", "b*"]),
            json!([claim(path, either(&two))]),
            "{key}"
        );
    }
}

#[test]
fn metadata_of_another_filter_is_text_and_in_brackets_an_element_of_a_list() {
    let metadata = |value: Value| json!([{"metadata": {"filter": "envoy.filters.http.foo", "path": [{"key": "bar"}], "value": value}}]);
    let key = "experimental.envoy.filters.http.foo[bar]";
    let text = json!({"string_match": {"prefix": "a"}});
    let element = json!({"list_match": {"one_of": {"string_match": {"exact": "b"}}}});
    assert_eq!(permission_when(key, &["a*"]), metadata(text.clone()));
    assert_eq!(permission_when(key, &["[[b]]"]), metadata(element.clone()));
    let either = json!({"or_match": {"value_matchers": [text, element]}});
    assert_eq!(permission_when(key, &["a*", "[b]"]), metadata(either));
}
