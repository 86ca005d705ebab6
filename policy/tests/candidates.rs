//! How few rules the index leaves to be judged, whatever they are filed by.
#![cfg(all(feature = "linear-walk", feature = "request-document"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod common;

use common::{authorization_policy, compile, config, peer_authentication};
use serde_json::{Value, json};
use spiffe_authz_policy::{LayerCandidates, PolicySet, RequestDocument};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const PROFILES: [&str; 2] = ["zero-trust", "istio"];

/// An ALLOW policy and a DENY policy with the same rules.
fn set(profile: &str, rules: &[Value]) -> PolicySet {
    let policy = |name, action| authorization_policy(name, json!({"action": action, "rules": rules}));
    let permissive = json!({"mtls": {"mode": "PERMISSIVE"}});
    let resources = [
        policy("allow", "ALLOW"),
        policy("deny", "DENY"),
        peer_authentication("shop", "default", permissive),
    ];
    compile(&config(profile, &resources)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn from(field: &str, value: Value) -> Value {
    json!({"from": [{"source": {field: [value]}}]})
}

fn to(field: &str, value: Value) -> Value {
    json!({"to": [{"operation": {field: [value]}}]})
}

fn when(key: &str, field: &str, value: Value) -> Value {
    json!({"when": [{"key": key, field: [value]}]})
}

/// A request of the frontend with these attributes too.
fn request(attributes: Value) -> Value {
    let mut request = json!({
        "peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"},
        "destination": {"port": 8080},
        "method": "GET",
        "host": "orders.shop",
        "path": "/orders/1",
    });
    for (name, value) in attributes.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

/// The same of a peer without a certificate.
fn plaintext() -> Value {
    let mut request = request(json!({}));
    request.as_object_mut().unwrap().remove("peer");
    request
}

/// What the DENY layer and the ALLOW layer leave of the rules.
fn left(set: &PolicySet, request: &Value) -> [(usize, usize, usize); 2] {
    let document = RequestDocument::from_json(request.to_string().as_bytes()).unwrap();
    document.with_request(|request| {
        let candidates = set.candidates(request).unwrap();
        let counts = |layer: &LayerCandidates<'_>| {
            assert!(layer.missed.is_empty(), "{:?}", layer.missed);
            (layer.residual, layer.certain, layer.possible)
        };
        [counts(&candidates.deny), counts(&candidates.allow)]
    })
}

/// How many rules are left of a hundred, of which one matches: that of number 777.
fn left_of_a_hundred(rule: impl Fn(usize) -> Value, attributes: Value) {
    let rules: Vec<Value> = (700..800).map(rule).collect();
    for profile in PROFILES {
        let left = left(&set(profile, &rules), &request(attributes.clone()));
        assert_eq!(left, [(0, 1, 1); 2], "{profile}: {}", rules[77]);
    }
}

#[test]
fn one_rule_is_left_by_what_the_peer_is() {
    let peer = |id: &str| json!({"peer": {"spiffeId": id}});
    let id = "spiffe://cluster.local/ns/n0777/sa/s0777";
    let principal = |n| {
        from(
            "principals",
            json!(format!("cluster.local/ns/n{n:04}/sa/s{n:04}")),
        )
    };
    left_of_a_hundred(principal, peer(id));
    let prefix = |n| from("principals", json!(format!("cluster.local/ns/n{n:04}/*")));
    left_of_a_hundred(prefix, peer(id));
    let suffix = |n| from("principals", json!(format!("*/sa/s{n:04}")));
    left_of_a_hundred(suffix, peer(id));
    left_of_a_hundred(|n| from("namespaces", json!(format!("n{n:04}"))), peer(id));
    left_of_a_hundred(|n| from("namespaces", json!(format!("n{n:04}*"))), peer(id));
    left_of_a_hundred(
        |n| from("serviceAccounts", json!(format!("n{n:04}/s{n:04}"))),
        peer(id),
    );
    let federated = peer("spiffe://td0777.example/ns/a/sa/b");
    let exact = |n| from("trustDomains", json!(format!("td{n:04}.example")));
    left_of_a_hundred(exact, federated.clone());
    let prefix = |n| from("trustDomains", json!(format!("td{n:04}*")));
    left_of_a_hundred(prefix, federated);
}

#[test]
fn one_rule_is_left_by_addresses_and_ports() {
    let address = |n: usize| format!("10.{}.{}", n / 250, n % 250);
    let source = |field: &str| json!({"source": {field: "10.3.27.9"}});
    left_of_a_hundred(|n| from("ipBlocks", json!(address(n) + ".0/24")), source("ip"));
    left_of_a_hundred(
        |n| from("remoteIpBlocks", json!(address(n) + ".9")),
        source("remoteIp"),
    );
    let v6 = |n: usize| from("ipBlocks", json!(format!("2001:db8:{n}::/48")));
    left_of_a_hundred(v6, json!({"source": {"ip": "2001:db8:777::1"}}));
    let destination = |attributes: Value| json!({"destination": attributes});
    let to_address = |n| when("destination.ip", "values", json!(address(n) + ".0/24"));
    left_of_a_hundred(to_address, destination(json!({"ip": "10.3.27.9", "port": 1})));
    left_of_a_hundred(
        |n| to("ports", json!(n.to_string())),
        destination(json!({"port": 777})),
    );
    let range = |n| to("ports", json!(format!("{}-{}", n * 10, n * 10 + 9)));
    left_of_a_hundred(range, destination(json!({"port": 7775})));
    let sni = |n| when("connection.sni", "values", json!(format!("*.h{n:04}.example")));
    left_of_a_hundred(sni, json!({"sni": "a.h0777.example"}));
}

#[test]
fn one_rule_is_left_by_the_host_and_the_method() {
    for host in ["A.h0777.Example", "a.H0777.example"] {
        let host = json!({"host": host});
        left_of_a_hundred(|n| to("hosts", json!(format!("a.h{n:04}.example"))), host.clone());
        left_of_a_hundred(|n| to("hosts", json!(format!("A.H{n:04}.*"))), host.clone());
        left_of_a_hundred(|n| to("hosts", json!(format!("*.H{n:04}.EXAMPLE"))), host.clone());
        let expression = |n| to("hostRegexes", json!(format!("a\\.h{n:04}\\.[a-z]+")));
        left_of_a_hundred(expression, host);
    }
    left_of_a_hundred(
        |n| to("methods", json!(format!("M{n:04}"))),
        json!({"method": "M0777"}),
    );
}

#[test]
fn one_rule_is_left_by_the_path() {
    let path = json!({"path": "/team-0777/blue/x0777/items/y0777"});
    for value in [
        "/team-NNNN/blue/xNNNN/items/yNNNN",
        "/team-NNNN/*",
        "*/items/yNNNN",
        "/team-NNNN/{*}/{**}",
        "/{*}/blue/xNNNN/{**}",
        "/{*}/{*}/xNNNN/{**}",
        "/{**}/yNNNN",
    ] {
        let value = |n: usize| value.replace("NNNN", &format!("{n:04}"));
        left_of_a_hundred(|n| to("paths", json!(value(n))), path.clone());
    }
    let expression = |n| to("pathRegexes", json!(format!("/team-{n:04}/[a-z]+/.*")));
    left_of_a_hundred(expression, path);
    let in_any_case =
        |n: usize| json!({"to": [{"operation": {"paths": [format!("/Team-{n:04}/*")], "ignoreCase": true}}]});
    left_of_a_hundred(in_any_case, json!({"path": "/tEAM-0777/x"}));
}

#[test]
fn one_rule_is_left_by_expressions_that_begin_with_anything() {
    let ends_in = |n| to("pathRegexes", json!(format!(".*/x{n:04}/.*")));
    left_of_a_hundred(ends_in, json!({"path": "/a/b/x0777/c"}));
    let ends_in = |n| to("hostRegexes", json!(format!("[a-z]+\\.h{n:04}")));
    left_of_a_hundred(ends_in, json!({"host": "abc.H0777"}));
}

#[test]
fn one_rule_is_left_by_what_goes_by_a_name() {
    let header = |n| when("request.headers[X-Tenant]", "values", json!(format!("t{n:04}")));
    let lines = json!({"headers": [["x-other", "t0001"], ["x-tenant", "t0777"]]});
    left_of_a_hundred(header, lines.clone());
    let by_name = |n| when(&format!("request.headers[x-{n:04}]"), "values", json!("*"));
    left_of_a_hundred(by_name, json!({"headers": [["x-0777", "t"]]}));
    let expression = |n| {
        when(
            "request.headers[x-tenant]",
            "regexes",
            json!(format!("t{n:04}.*")),
        )
    };
    left_of_a_hundred(expression, lines);
    let parameter = |n| when("request.query[q]", "values", json!(format!("a b{n:04}*")));
    left_of_a_hundred(parameter, json!({"path": "/x?p=1&q=a+b%30777z"}));
    let claim = |n| when("request.auth.claims[a][b]", "values", json!(format!("*c{n:04}")));
    let token = json!({"jwt": {"iss": "i0777", "sub": "s", "a": {"b": ["x", "xc0777"]}}});
    left_of_a_hundred(claim, token.clone());
    let both = |n| from("requestPrincipals", json!(format!("i{n:04}/s")));
    left_of_a_hundred(both, token.clone());
    let issuer = |n| from("requestPrincipals", json!(format!("i{n:04}/*")));
    left_of_a_hundred(issuer, token);
    let metadata = |n| {
        when(
            "experimental.envoy.filters.a[k]",
            "values",
            json!(format!("m{n:04}")),
        )
    };
    left_of_a_hundred(metadata, json!({"metadata": {"envoy.filters.a": {"k": "m0777"}}}));
}

#[test]
fn a_rule_is_filed_by_what_it_shares_with_fewest_and_crowds_are_filed_once_more() {
    // Neither the principal nor the path nor the method tells one rule from nine others.
    let rule = |n: usize| {
        json!({
            "from": [{"source": {"principals": [format!("cluster.local/ns/shop/sa/s{}", n / 100)]}}],
            "to": [{"operation": {"paths": [format!("/p{}", n / 10 % 10)], "methods": [format!("M{}", n % 10)]}}],
        })
    };
    let attributes = json!({
        "peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/s7"},
        "path": "/p7",
        "method": "M7",
    });
    left_of_a_hundred(rule, attributes);
}

#[test]
fn every_alternative_of_a_clause_is_filed() {
    let rule = |n: usize| {
        json!({"from": [
            {"source": {"principals": [format!("a/ns/n{n:04}/sa/s")]}},
            {"source": {"namespaces": [format!("m{n:04}")]}},
        ]})
    };
    for id in ["spiffe://a/ns/n0777/sa/s", "spiffe://cluster.local/ns/m0777/sa/s"] {
        left_of_a_hundred(rule, json!({"peer": {"spiffeId": id}}));
    }
}

#[test]
fn what_only_says_what_must_not_be_is_residual() {
    let rules: Vec<Value> = (0..20).map(|n| to("notPaths", json!(format!("/p{n}")))).collect();
    for profile in PROFILES {
        let left = left(&set(profile, &rules), &request(json!({})));
        assert_eq!(left, [(20, 20, 20); 2], "{profile}");
    }
}

#[test]
fn who_shows_no_identity_may_be_anyone_in_zero_trust_and_is_no_one_in_istio() {
    let rules: Vec<Value> = (0..20)
        .map(|n| from("principals", json!(format!("cluster.local/ns/shop/sa/s{n}"))))
        .collect();
    for (profile, possible) in [("zero-trust", 20), ("istio", 0)] {
        let left = left(&set(profile, &rules), &plaintext());
        assert_eq!(left, [(0, 0, possible); 2], "{profile}");
    }
}

#[test]
fn on_tcp_every_rule_that_is_filed_by_http_may_match_and_none_allows() {
    let rules: Vec<Value> = (0..20).map(|n| to("paths", json!(format!("/p{n}")))).collect();
    for profile in PROFILES {
        let tcp = json!({"protocol": "tcp", "peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/x"}});
        let left = left(&set(profile, &rules), &tcp);
        assert_eq!(left, [(0, 0, 20); 2], "{profile}");
    }
}
