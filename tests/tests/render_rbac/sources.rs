//! Who sends.

use super::*;

#[test]
fn a_principal_is_the_name_of_the_authenticated_peer_after_the_scheme() {
    let values = ["*", "*/sa/a.b", "other/*", "other/ns/a/sa/b"];
    let matchers = json!([
        {"safe_regex": {"regex": ".+"}},
        {"safe_regex": {"regex": "spiffe://.*/sa/a\\.b"}},
        {"prefix": "spiffe://other/"},
        {"exact": "spiffe://other/ns/a/sa/b"},
    ]);
    assert_eq!(source(json!({"principals": values})), peers(matchers.clone()));
    assert_eq!(principal_when("source.principal", &values), peers(matchers));
}

#[test]
fn a_principal_of_the_mesh_is_named_under_every_trust_domain() {
    let both = json!([
        {"exact": "spiffe://old.example/ns/a/sa/b"},
        {"exact": "spiffe://td.example/ns/a/sa/b"},
    ]);
    assert_eq!(
        source(json!({"principals": ["cluster.local/ns/a/sa/b"]})),
        peers(both)
    );
}

#[test]
fn a_namespace_is_an_expression_in_which_every_star_is_anything() {
    let expected = regexes(&[".*/ns/shop/.*", ".*/ns/a\\.b.*c.*/.*"]);
    assert_eq!(
        source(json!({"namespaces": ["shop", "a.b*c*"]})),
        peers(expected.clone())
    );
    assert_eq!(
        principal_when("source.namespace", &["shop", "a.b*c*"]),
        peers(expected)
    );
}

#[test]
fn a_service_account_without_a_namespace_lies_in_that_of_the_policy() {
    let expected = regexes(&[
        "spiffe://.+/ns/shop/(.+/|)sa/front\\.end(/.+)?",
        "spiffe://.+/ns/billing/(.+/|)sa/api(/.+)?",
    ]);
    let values = ["front.end", "billing/api"];
    assert_eq!(
        source(json!({"serviceAccounts": values})),
        peers(expected.clone())
    );
    assert_eq!(principal_when("source.serviceAccount", &values), peers(expected));
}

#[test]
fn a_trust_domain_of_the_mesh_stands_for_all_of_them_once() {
    let values = ["*", "td.example", "old.example", "x.example", "*.example", "x-*"];
    let expected = json!([
        {"prefix": "spiffe://"},
        {"prefix": "spiffe://td.example/"},
        {"prefix": "spiffe://old.example/"},
        {"prefix": "spiffe://x.example/"},
        {"safe_regex": {"regex": "spiffe://[^/]*\\.example/.*"}},
        {"safe_regex": {"regex": "spiffe://x-[^/]*/.*"}},
    ]);
    assert_eq!(source(json!({"trustDomains": values})), peers(expected.clone()));
    assert_eq!(principal_when("source.trustDomain", &values), peers(expected));
}

#[test]
fn addresses_are_blocks_and_a_single_one_is_a_block_of_one() {
    let values = ["10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "::1"];
    let blocks = [
        ("10.1.0.0", 16),
        ("10.1.2.3", 32),
        ("2001:db8::", 32),
        ("::1", 128),
    ];
    let ranges = |kind: &str| -> Vec<Value> {
        let range = |(prefix, len): (&str, u8)| json!({kind: {"address_prefix": prefix, "prefix_len": len}});
        blocks.into_iter().map(range).collect()
    };
    let ids = |kind| json!([{"or_ids": {"ids": ranges(kind)}}]);
    assert_eq!(source(json!({"ipBlocks": values})), ids("direct_remote_ip"));
    assert_eq!(principal_when("source.ip", &values), ids("direct_remote_ip"));
    assert_eq!(source(json!({"remoteIpBlocks": values})), ids("remote_ip"));
    assert_eq!(principal_when("remote.ip", &values), ids("remote_ip"));
    let rules = json!([{"or_rules": {"rules": ranges("destination_ip")}}]);
    assert_eq!(permission_when("destination.ip", &values), rules);
}
