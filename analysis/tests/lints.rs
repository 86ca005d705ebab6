//! What each lint says and does not say: beside the examples of the pages, the forms that are near.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed test panics"
)]

mod common;

use spiffe_authz_analysis::lint::{Lint, LintCode};

use common::lints;

/// An ALLOW policy with these rules, for a configuration whose peers come by mTLS.
fn allow(profile: &str, rules: &str) -> String {
    configuration(profile, &policy("orders", "shop", &format!("rules: [{rules}]")))
}

fn deny(profile: &str, rules: &str) -> String {
    let allowed = "rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}], to: [{operation: {paths: [/x]}}]}]";
    let resources = [
        policy("closed", "shop", &format!("action: DENY, rules: [{rules}]")),
        policy("orders", "shop", allowed),
    ];
    configuration(profile, &resources.join(", "))
}

fn policy(name: &str, namespace: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, \
         metadata: {{name: {name}, namespace: {namespace}}}, spec: {{{spec}}}}}"
    )
}

fn configuration(profile: &str, resources: &str) -> String {
    format!(
        "profile: {profile}\nresources: [{{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {{name: \
         default, namespace: istio-system}}, spec: {{mtls: {{mode: STRICT}}}}}}, {resources}]"
    )
}

/// A rule for one peer with this operation.
fn to(operation: &str) -> String {
    format!(
        "{{from: [{{source: {{principals: [cluster.local/ns/shop/sa/web]}}}}], to: [{{operation: {{{operation}}}}}]}}"
    )
}

/// A rule for these peers.
fn from(source: &str) -> String {
    format!("{{from: [{{source: {{{source}}}}}]}}")
}

fn when(condition: &str) -> String {
    format!("{{from: [{{source: {{principals: [cluster.local/ns/shop/sa/web]}}}}], when: [{{{condition}}}]}}")
}

fn codes(yaml: &str) -> Vec<String> {
    lints(yaml).iter().map(|lint| lint.code.to_string()).collect()
}

/// Each configuration with the codes that it gets, in order.
fn expect(table: &[(String, &[&str])]) {
    for (yaml, expected) in table {
        assert_eq!(&codes(yaml), expected, "{yaml}");
    }
}

const ZT: &str = "zero-trust";
const ISTIO: &str = "istio";

#[test]
fn stars_are_literal_inside_a_value_and_nowhere_else() {
    expect(&[
        (allow(ZT, &to("paths: ['*/a']")), &[]),
        (allow(ZT, &to("paths: ['/a/*']")), &[]),
        (allow(ZT, &to("paths: ['/a/{*}/b/{**}']")), &[]),
        (allow(ZT, &to("paths: ['*/a/*']")), &["star-inside"]),
        (allow(ZT, &to("hosts: ['a.*.com']")), &["star-inside"]),
        (allow(ZT, &from("namespaces: ['a*b']")), &["profile-difference"]),
        (
            allow(ZT, &when("key: 'request.headers[x]', values: ['a*b']")),
            &["star-inside"],
        ),
        (allow(ZT, &to("pathRegexes: ['/a.*b']")), &["extension"]),
    ]);
}

#[test]
fn principals_that_nobody_is_are_told_and_federated_ones_are_notes() {
    expect(&[
        (allow(ZT, &from("principals: ['*']")), &[]),
        (allow(ZT, &from("principals: ['cluster.local/*']")), &[]),
        (
            allow(ZT, &from("principals: ['/ns/shop/sa/web']")),
            &["impossible-principal"],
        ),
        (
            allow(ZT, &from("principals: ['Cluster.local/ns/shop/sa/web']")),
            &["impossible-principal", "foreign-trust-domain"],
        ),
        (
            allow(ZT, &from("principals: ['cluster.local/ns/shop/sa/']")),
            &["impossible-principal"],
        ),
        (
            allow(ZT, &from("principals: ['cluster.local/ns/shop/sa/web:1']")),
            &["impossible-principal"],
        ),
        (
            allow(ZT, &from("principals: ['cluster.local/ns/shop/sa/a_b.c']")),
            &[],
        ),
        (
            allow(
                ISTIO,
                &from("principals: ['spiffe://cluster.local/ns/shop/sa/web']"),
            ),
            &["spiffe-scheme"],
        ),
        (
            allow(ISTIO, &from("principals: ['other.example/ns/shop/sa/web']")),
            &["foreign-trust-domain"],
        ),
    ]);
}

#[test]
fn values_that_end_in_a_name_are_open_and_those_that_end_in_a_separator_are_not() {
    expect(&[
        (allow(ZT, &to("paths: ['/static-*']")), &[]),
        (allow(ZT, &to("paths: ['/*']")), &[]),
        (allow(ZT, &to("paths: ['/a*']")), &["open-path"]),
        (allow(ZT, &to("hosts: ['a.com:*']")), &["host-port-ignored"]),
        (allow(ISTIO, &to("hosts: ['a.com:*']")), &[]),
        (allow(ISTIO, &to("hosts: ['a.com*']")), &["open-host"]),
        (allow(ZT, &from("principals: ['*frontend']")), &["open-principal"]),
        (
            allow(ZT, &when("key: connection.sni, values: ['*shop.example']")),
            &["open-host"],
        ),
    ]);
}

#[test]
fn request_principals_are_looked_at_by_issuer_and_subject() {
    let of = |value: &str| allow(ZT, &from(&format!("requestPrincipals: ['{value}']")));
    expect(&[
        (of("*"), &[]),
        (of("https://issuer.example/*"), &[]),
        (of("https://issuer.example/alice"), &[]),
        (of("*/alice"), &[]),
        (of("https://*"), &["request-principal-form"]),
        (of("https://issuer.example/"), &["request-principal-form"]),
        (of("alice"), &["request-principal-form"]),
    ]);
}

#[test]
fn contradictions_are_found_within_a_rule() {
    let two = |one: &str, other: &str| {
        allow(
            ZT,
            &format!("{{to: [{{operation: {{{one}}}}}], when: [{{{other}}}]}}"),
        )
    };
    expect(&[
        (
            two("ports: ['80']", "key: destination.port, values: ['81']"),
            &["contradiction"],
        ),
        (
            two("ports: ['80']", "key: destination.port, values: ['80', '81']"),
            &[],
        ),
        (
            two("ports: ['80-90']", "key: destination.port, values: ['85']"),
            &["extension"],
        ),
        (
            allow(ZT, &to("methods: [GET], notMethods: ['*']")),
            &["contradiction"],
        ),
        (
            allow(ZT, &to("methods: [GET, POST], notMethods: [GET]")),
            &["excluded-value"],
        ),
        // A header may be given twice.
        (
            allow(
                ISTIO,
                &format!(
                    "{{from: [{{source: {{principals: ['*']}}}}], when: [{}]}}",
                    "{key: 'request.headers[x]', values: [a]}, {key: 'request.headers[x]', values: [b]}"
                ),
            ),
            &[],
        ),
        (
            allow(
                ZT,
                &from("namespaces: [billing], principals: [cluster.local/ns/shop/sa/web]"),
            ),
            &["contradiction"],
        ),
    ]);
}

#[test]
fn in_zero_trust_a_denied_identity_may_be_unknown_and_is_no_contradiction() {
    let rule = from("namespaces: [billing], principals: [cluster.local/ns/shop/sa/web]");
    assert!(!codes(&deny(ZT, &rule)).contains(&"contradiction".to_owned()));
    assert!(codes(&deny(ISTIO, &rule)).contains(&"contradiction".to_owned()));
}

#[test]
fn exclusion_alone_is_told_unless_someone_is_named_beside() {
    expect(&[
        (allow(ZT, &from("notNamespaces: [test]")), &["allow-by-exclusion"]),
        (
            allow(ISTIO, &from("notNamespaces: [test]")),
            &["allow-by-exclusion"],
        ),
        (allow(ZT, &from("principals: ['*'], notNamespaces: [test]")), &[]),
        (allow(ZT, &when("key: source.namespace, notValues: [test]")), &[]),
        (
            allow(
                ZT,
                &from("requestPrincipals: ['*'], notRequestPrincipals: ['a/b']"),
            ),
            &[],
        ),
        (
            allow(ZT, &from("notRequestPrincipals: ['a/b']")),
            &["absent-passes"],
        ),
        (
            allow(ZT, &when("key: 'request.headers[x]', notValues: ['*']")),
            &[],
        ),
    ]);
}

#[test]
fn two_rules_of_one_part_each_are_split_unless_the_parts_are_alike() {
    let by = |rules: [&str; 2]| allow(ZT, &rules.join(", "));
    let web = from("namespaces: [web]");
    let shop = from("namespaces: [shop]");
    let get = "{to: [{operation: {methods: [GET]}}]}";
    expect(&[
        (by([&web, get]), &["split-rule"]),
        (by([get, &web]), &["split-rule"]),
        (by([&web, &shop]), &[]),
        (by([&web, &to("methods: [GET]")]), &[]),
    ]);
}

#[test]
fn http_fields_meet_tcp_by_port() {
    expect(&[
        (allow(ZT, &to("ports: ['5432']")), &[]),
        (allow(ZT, &to("ports: ['8080'], methods: [GET]")), &[]),
        (
            allow(ZT, &to("ports: ['6379'], paths: [/x]")),
            &["http-fields-on-tcp-port"],
        ),
        (
            deny(ZT, "{to: [{operation: {methods: [PUT]}}]}"),
            &["deny-widens-on-tcp"],
        ),
        (
            deny(ZT, "{to: [{operation: {methods: [PUT], ports: ['80']}}]}"),
            &[],
        ),
        (
            deny(
                ZT,
                "{to: [{operation: {methods: [PUT]}}, {operation: {ports: ['80']}}]}",
            ),
            &["deny-widens-on-tcp"],
        ),
        (
            deny(
                ZT,
                "{to: [{operation: {methods: [PUT]}}], when: [{key: destination.port, values: ['80']}]}",
            ),
            &[],
        ),
    ]);
}

#[test]
fn hosts_with_and_without_a_port_differ_by_profile() {
    let denied = |hosts: &str| format!("{{to: [{{operation: {{ports: ['80'], hosts: [{hosts}]}}}}]}}");
    expect(&[
        (deny(ISTIO, &denied("a.com")), &["host-port-open"]),
        (deny(ISTIO, &denied("a.com, 'a.com:*'")), &[]),
        (deny(ISTIO, &denied("'a.com:80'")), &[]),
        (deny(ZT, &denied("a.com")), &[]),
        (deny(ZT, &denied("'a.com:80'")), &["host-port-ignored"]),
        (deny(ZT, &denied("'[::1]'")), &[]),
    ]);
}

#[test]
fn addresses_are_looked_at_as_blocks() {
    let of = |blocks: &str| allow(ZT, &from(&format!("principals: ['*'], ipBlocks: [{blocks}]")));
    expect(&[
        (of("10.0.0.0/8"), &[]),
        (of("10.1.2.3"), &[]),
        (of("10.1.2.3/8"), &["host-bits"]),
        (of("'0.0.0.0/0'"), &["one-family"]),
        (of("'0.0.0.0/0', '::/0'"), &[]),
        (of("10.0.0.0/8, 10.1.0.0/16"), &["covered-value"]),
        (of("10.0.0.0/16, 10.1.0.0/16"), &[]),
        (of("10.0.0.0/8, 10.0.0.0/8"), &["duplicate-value"]),
    ]);
}

#[test]
fn a_rule_is_shadowed_by_a_wider_one_wherever_it_stands() {
    let wide = from("namespaces: [shop]");
    let narrow = "{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}], to: [{operation: {methods: [GET]}}]}";
    let other = "{from: [{source: {principals: [cluster.local/ns/pay/sa/web]}}], to: [{operation: {methods: [GET]}}]}";
    expect(&[
        (allow(ZT, &format!("{wide}, {narrow}")), &["shadowed-rule"]),
        (allow(ZT, &format!("{narrow}, {wide}")), &["shadowed-rule"]),
        (allow(ZT, &format!("{wide}, {other}")), &[]),
        (allow(ZT, &format!("{narrow}, {narrow}")), &["duplicate-rule"]),
    ]);
    let both = lints(&allow(ZT, &format!("{narrow}, {wide}")));
    assert_eq!(both[0].at, "resources[1].spec.rules[0]");
    assert_eq!(both[0].related[0].0, "resources[1].spec.rules[1]");
}

#[test]
fn policies_are_compared_where_their_workloads_are_the_same() {
    let wide = "rules: [{from: [{source: {namespaces: [shop]}}]}]";
    let narrow = "rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]";
    let labelled = |label: &str, spec: &str| format!("selector: {{matchLabels: {{app: {label}}}}}, {spec}");
    let beside = |wide_in: &str, wide: &str, narrow: &str| {
        let both = [policy("wide", wide_in, wide), policy("narrow", "shop", narrow)];
        configuration(ZT, &both.join(", "))
    };
    expect(&[
        (beside("shop", wide, narrow), &["narrower-policy"]),
        (
            beside("istio-system", wide, &labelled("a", narrow)),
            &["narrower-policy"],
        ),
        (
            beside("shop", &labelled("a", wide), &labelled("a", narrow)),
            &["narrower-policy"],
        ),
        (beside("shop", &labelled("a", wide), narrow), &[]),
        (beside("shop", &labelled("a", wide), &labelled("b", narrow)), &[]),
        (beside("pay", wide, narrow), &[]),
    ]);
}

#[test]
fn an_exception_keeps_what_it_lifts_from_being_compared() {
    let closed = policy(
        "closed",
        "shop",
        "action: DENY, rules: [{to: [{operation: {ports: ['80']}}]}]",
    );
    let allowed = policy("orders", "shop", &format!("rules: [{}]", to("ports: ['80']")));
    let lifting = policy(
        "lifting",
        "shop",
        &format!(
            "exception: {{until: '2026-12-24T00:00:00Z', lifts: [shop/closed]}}, rules: [{}]",
            to("ports: ['80']")
        ),
    );
    expect(&[
        (
            configuration(ZT, &[closed.clone(), allowed.clone()].join(", ")),
            &["denied-allow"],
        ),
        (
            configuration(ZT, &[closed, allowed, lifting].join(", ")),
            &["extension"],
        ),
    ]);
}

#[test]
fn paths_that_are_denied_beside_an_open_allow_are_told() {
    let denied = "{to: [{operation: {ports: ['80'], paths: [/admin, '/admin/*']}}]}";
    let in_any_case = "{to: [{operation: {ports: ['80'], paths: [/admin, '/admin/*'], ignoreCase: true}}]}";
    let beside = |denied: &str, allowed: &str| {
        let both = [
            policy("closed", "shop", &format!("action: DENY, rules: [{denied}]")),
            policy("orders", "shop", &format!("rules: [{allowed}]")),
        ];
        configuration(ZT, &both.join(", "))
    };
    expect(&[
        (beside(denied, &to("methods: [GET]")), &["denied-path"]),
        (beside(denied, &to("paths: ['/orders/*']")), &[]),
        (beside(in_any_case, &to("methods: [GET]")), &["extension"]),
    ]);
}

#[test]
fn every_mode_that_takes_plaintext_is_told_with_its_place() {
    let peers = |namespace: &str, spec: &str| {
        format!(
            "resources: [{{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: {{name: a, namespace: \
             {namespace}}}, spec: {{{spec}}}}}]"
        )
    };
    let places = |yaml: &str| -> Vec<String> {
        let lints = lints(yaml);
        let open = lints.iter().filter(|lint| lint.code == LintCode::PlaintextOpen);
        open.map(|lint| lint.at.clone()).collect()
    };
    assert_eq!(
        places(&peers("istio-system", "mtls: {mode: PERMISSIVE}")),
        ["resources[0].spec.mtls.mode"]
    );
    assert_eq!(
        places(&peers("shop", "mtls: {mode: DISABLE}")),
        ["resources[0].spec.mtls.mode"]
    );
    let ports =
        "selector: {matchLabels: {app: a}}, mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: PERMISSIVE}}";
    assert_eq!(
        places(&peers("shop", ports)),
        ["resources[0].spec.portLevelMtls.8080"]
    );
    assert!(places(&peers("shop", "mtls: {mode: UNSET}")).is_empty());
}

#[test]
fn lints_stand_in_the_order_of_the_document() {
    let rules: Vec<String> = (0..12)
        .map(|index| to(&format!("paths: ['/a{index}*']")))
        .collect();
    let places: Vec<String> = lints(&allow(ZT, &rules.join(", ")))
        .into_iter()
        .filter(|lint| lint.code == LintCode::OpenPath)
        .map(|lint| lint.at)
        .collect();
    let expected = (0..12).map(|index| format!("resources[1].spec.rules[{index}].to[0].operation.paths[0]"));
    assert_eq!(places, expected.collect::<Vec<_>>());
}

#[test]
fn every_lint_says_what_to_write_instead() {
    let without = |lint: &Lint| lint.help.is_none() || lint.message.is_empty();
    let samples = [
        allow(ISTIO, "{}"),
        deny(ZT, "{}"),
        allow(ZT, &to("methods: [get], paths: ['/a*', 'b']")),
        allow(ZT, &from("notPrincipals: ['*x*']")),
    ];
    for yaml in samples {
        let lints = lints(&yaml);
        assert!(!lints.is_empty() && !lints.iter().any(without), "{lints:#?}");
    }
}
