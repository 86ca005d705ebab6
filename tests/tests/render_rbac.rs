//! A configuration as native RBAC filters: for every field of Istio the matcher that Istio generates for it.

use serde_json::{Value, json};
use spiffe_authz_policy::{Document, NativeRbac, Workload};

const ORDERS: &str = "ns[shop]-policy[orders]-rule[0]";

/// A configuration of one policy in the namespace `shop`.
fn configuration(spec: Value) -> Value {
    let metadata = json!({"name": "orders", "namespace": "shop"});
    with_resources(json!([policy(metadata, spec)]))
}

fn policy(metadata: Value, spec: Value) -> Value {
    json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": metadata,
        "spec": spec,
    })
}

fn with_resources(resources: Value) -> Value {
    json!({
        "profile": "istio",
        "mesh": {"trustDomain": "td.example", "trustDomainAliases": ["old.example"]},
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": resources,
    })
}

fn render(configuration: &Value) -> Result<NativeRbac, Vec<String>> {
    let document: Document = serde_json::from_value(configuration.clone()).unwrap();
    NativeRbac::render(&document, None::<Workload>)
        .map_err(|errors| errors.iter().map(|error| error.at.clone()).collect())
}

fn rendered(configuration: &Value) -> NativeRbac {
    render(configuration).unwrap_or_else(|places| panic!("refused at {places:?}"))
}

/// The only rule of an ALLOW policy, on an HTTP chain.
fn rule(rule: Value) -> Value {
    let rbac = rendered(&configuration(json!({"rules": [rule]})));
    rbac.http_filters[0]["typed_config"]["rules"]["policies"][ORDERS].clone()
}

/// The parts of the only principal.
fn source(source: Value) -> Value {
    rule(json!({"from": [{"source": source}]}))["principals"][0]["and_ids"]["ids"].clone()
}

/// The parts of the only permission.
fn operation(operation: Value) -> Value {
    rule(json!({"to": [{"operation": operation}]}))["permissions"][0]["and_rules"]["rules"].clone()
}

/// The parts of a condition on who asks.
fn principal_when(key: &str, values: &[&str]) -> Value {
    let rule = rule(json!({"when": [{"key": key, "values": values}]}));
    assert_eq!(
        rule["permissions"],
        json!([{"and_rules": {"rules": [{"any": true}]}}])
    );
    rule["principals"][0]["and_ids"]["ids"].clone()
}

/// The parts of a condition on what is asked for.
fn permission_when(key: &str, values: &[&str]) -> Value {
    let rule = rule(json!({"when": [{"key": key, "values": values}]}));
    assert_eq!(rule["principals"], json!([{"and_ids": {"ids": [{"any": true}]}}]));
    rule["permissions"][0]["and_rules"]["rules"].clone()
}

fn peers(matchers: Value) -> Value {
    let peer = |name: &Value| json!({"authenticated": {"principal_name": name}});
    let ids: Vec<Value> = matchers.as_array().unwrap().iter().map(peer).collect();
    json!([{"or_ids": {"ids": ids}}])
}

fn regexes(expressions: &[&str]) -> Value {
    expressions
        .iter()
        .map(|regex| json!({"safe_regex": {"regex": regex}}))
        .collect()
}

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

/// A policy of this name and action, in a dry run or not.
fn named(name: &str, action: &str, dry_run: bool) -> Value {
    let annotations = json!({"istio.io/dry-run": dry_run.to_string()});
    let mut metadata = json!({"name": name, "namespace": "shop"});
    if dry_run {
        metadata["annotations"] = annotations;
    }
    policy(metadata, json!({"action": action, "rules": [{}]}))
}

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

#[test]
fn policies_of_others_and_peer_authentications_are_passed_over() {
    let elsewhere = policy(
        json!({"name": "a", "namespace": "elsewhere"}),
        json!({"rules": [{"to": [{"operation": {"pathRegexes": ["/x"]}}]}]}),
    );
    let strict = json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": "default", "namespace": "shop"},
        "spec": {"mtls": {"mode": "STRICT"}},
    });
    assert_eq!(
        rendered(&with_resources(json!([elsewhere, strict]))),
        NativeRbac::default()
    );
}

#[test]
fn profile_zero_trust_is_refused_written_or_not() {
    let mut configuration = with_resources(json!([]));
    configuration["profile"] = json!("zero-trust");
    assert_eq!(render(&configuration), Err(vec!["profile".to_owned()]));
    configuration.as_object_mut().unwrap().remove("profile");
    assert_eq!(render(&configuration), Err(vec!["profile".to_owned()]));
}

#[test]
fn every_extension_is_refused_at_its_place() {
    let operation = |operation: Value| json!({"rules": [{"to": [{"operation": operation}]}]});
    let when = |condition: Value| json!({"rules": [{"when": [condition]}]});
    let in_operation = "spec.rules[0].to[0].operation";
    let in_when = "spec.rules[0].when[0]";
    let claim = "request.auth.claims[a]";
    let table = [
        (
            operation(json!({"hostRegexes": ["a"]})),
            format!("{in_operation}.hostRegexes"),
        ),
        (
            operation(json!({"notHostRegexes": ["a"]})),
            format!("{in_operation}.notHostRegexes"),
        ),
        (
            operation(json!({"pathRegexes": ["a"]})),
            format!("{in_operation}.pathRegexes"),
        ),
        (
            operation(json!({"notPathRegexes": ["a"]})),
            format!("{in_operation}.notPathRegexes"),
        ),
        (
            operation(json!({"ports": ["1", "2-3"]})),
            format!("{in_operation}.ports[1]"),
        ),
        (
            operation(json!({"notPorts": ["2-3"]})),
            format!("{in_operation}.notPorts[0]"),
        ),
        (
            operation(json!({"paths": ["/a"], "ignoreCase": true})),
            format!("{in_operation}.ignoreCase"),
        ),
        (
            operation(json!({"paths": ["/{a}"], "bindings": {"a": "source.namespace"}})),
            format!("{in_operation}.bindings"),
        ),
        (
            when(json!({"key": "destination.port", "values": ["2-3"]})),
            format!("{in_when}.values[0]"),
        ),
        (
            when(json!({"key": "request.query[a]", "values": ["b"]})),
            format!("{in_when}.key"),
        ),
        (
            when(json!({"key": "source.certificate.dnsSan", "values": ["b"]})),
            format!("{in_when}.key"),
        ),
        (
            when(json!({"key": "request.headers[a]", "regexes": ["b"]})),
            format!("{in_when}.regexes"),
        ),
        (
            when(json!({"key": "request.headers[a]", "notRegexes": ["b"]})),
            format!("{in_when}.notRegexes"),
        ),
        (
            when(json!({"key": claim, "numbers": [1]})),
            format!("{in_when}.numbers"),
        ),
        (
            when(json!({"key": claim, "notNumbers": [1]})),
            format!("{in_when}.notNumbers"),
        ),
        (
            when(json!({"key": claim, "booleans": [true]})),
            format!("{in_when}.booleans"),
        ),
        (
            when(json!({"key": claim, "notBooleans": [true]})),
            format!("{in_when}.notBooleans"),
        ),
        (
            json!({"action": "DENY", "rules": [{}], "denyResponse": {"status": 404}}),
            "spec.denyResponse".to_owned(),
        ),
    ];
    for (spec, at) in table {
        let places = render(&configuration(spec.clone())).unwrap_err();
        assert_eq!(places, [format!("resources[0].{at}")], "{spec}");
    }
}

#[test]
fn an_exception_is_refused_at_its_place() {
    let lifts = json!({
        "exception": {"until": "2999-01-01T00:00:00Z", "lifts": ["shop/b"]},
        "rules": [{}],
    });
    let resources = json!([
        named("b", "DENY", false),
        policy(json!({"name": "c", "namespace": "shop"}), lifts),
    ]);
    assert_eq!(
        render(&with_resources(resources)),
        Err(vec!["resources[1].spec.exception".to_owned()])
    );
}

#[test]
fn the_engines_own_errors_come_along() {
    let places = render(&configuration(json!({"rules": [{
        "from": [{"source": {"ipBlocks": ["10.0.0.0/33"]}}],
        "to": [{"operation": {"ports": ["http"], "pathRegexes": ["a"]}}],
    }]})));
    let places = places.unwrap_err();
    for at in [
        "from[0].source.ipBlocks[0]",
        "to[0].operation.ports[0]",
        "to[0].operation.pathRegexes",
    ] {
        let at = format!("resources[0].spec.rules[0].{at}");
        assert!(places.contains(&at), "{at} is not in {places:?}");
    }
}

#[test]
fn a_custom_policy_is_refused_or_passed_over_as_the_configuration_says() {
    let spec = json!({"action": "CUSTOM", "provider": {"name": "opa"}, "rules": [{}]});
    let mut configuration = configuration(spec);
    assert_eq!(
        render(&configuration),
        Err(vec!["resources[0].spec.action".to_owned()])
    );
    configuration["custom"] = json!("ignore");
    assert_eq!(rendered(&configuration), NativeRbac::default());
}
