//! Changes that people make, and what is said of each.

use serde_json::{Value, json};

use super::{FRONTEND, difference, lines, mtls, orders, policy, rule, set, side};
use crate::difference::solve::{Bounds, solve};
use crate::difference::solved::Solved;

fn allow(rules: &[Value]) -> Value {
    policy("orders", json!({"rules": rules}))
}

#[test]
fn the_same_policies_written_otherwise_differ_in_nothing() {
    let old = set(&[allow(&[rule(FRONTEND, &["GET", "POST"], &["/orders/*"])])]);
    let new = set(&[
        policy("a", json!({"rules": [rule(FRONTEND, &["POST"], &["/orders/*"])]})),
        policy("b", json!({"rules": [rule(FRONTEND, &["GET"], &["/orders/*"])]})),
    ]);
    assert_eq!(lines(&difference(&old, &new)), [""; 0]);
}

#[test]
fn a_method_more_is_newly_allowed_for_the_peer_and_the_paths_of_its_rule() {
    let old = set(&[allow(&[rule(FRONTEND, &["GET"], &["/orders/*"])])]);
    let new = set(&[allow(&[rule(FRONTEND, &["GET", "POST"], &["/orders/*"])])]);
    let found = difference(&old, &new);
    assert_eq!(
        lines(&found),
        [
            "+ HTTP, with a certificate; peer: cluster.local/ns/shop/sa/frontend; method: POST; path: /orders/* \
          => no-matching-allow > matched-allow"
        ]
    );
    assert_eq!(
        found.changes[0].example,
        json!({"peer": {"spiffeId": "spiffe://cluster.local/ns/shop/sa/frontend"}, "method": "POST", "path": "/orders/"})
    );
    assert_eq!(found.changes[0].new.policy.as_deref(), Some("shop/orders"));
}

#[test]
fn a_removed_deny_allows_what_an_allow_covers_and_no_more() {
    let all = allow(&[rule(FRONTEND, &["GET"], &["/*"])]);
    let deny = policy(
        "no-admin",
        json!({"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/admin*"]}}]}]}),
    );
    let found = difference(&set(&[all.clone(), deny]), &set(&[all]));
    assert_eq!(
        lines(&found),
        [
            "+ HTTP, with a certificate; peer: cluster.local/ns/shop/sa/frontend; method: GET; path: /admin* \
          => matched-deny > matched-allow"
        ]
    );
}

#[test]
fn strict_instead_of_permissive_denies_who_shows_no_certificate() {
    let anyone = allow(&[json!({})]);
    let found = difference(
        &set(&[anyone.clone(), mtls("PERMISSIVE")]),
        &set(&[anyone, mtls("STRICT")]),
    );
    assert_eq!(
        lines(&found),
        [
            "- HTTP, without a certificate; port: others such as 8080 => matched-allow > mtls-required",
            "- TCP, without a certificate; port: others such as 8080 => matched-allow > mtls-required",
        ]
    );
}

#[test]
fn a_dry_run_deny_that_is_promoted_denies() {
    let all = allow(&[rule(FRONTEND, &["GET"], &["/*"])]);
    let spec = json!({"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/internal"]}}]}]});
    let mut dry = policy("internal", spec.clone());
    dry["metadata"]["annotations"] = json!({"istio.io/dry-run": "true"});
    let found = difference(&set(&[all.clone(), dry]), &set(&[all, policy("internal", spec)]));
    assert_eq!(
        lines(&found),
        [
            "- HTTP, with a certificate; peer: cluster.local/ns/shop/sa/frontend; method: GET; path: /internal \
          => matched-allow > matched-deny"
        ]
    );
}

#[test]
fn a_namespace_more_is_newly_allowed() {
    let namespaces = |names: &[&str]| set(&[allow(&[json!({"from": [{"source": {"namespaces": names}}]})])]);
    let found = difference(&namespaces(&["shop"]), &namespaces(&["shop", "payments"]));
    assert_eq!(
        lines(&found),
        [
            "+ HTTP, with a certificate; peer: namespace payments => no-matching-allow > matched-allow",
            "+ TCP, with a certificate; peer: namespace payments => no-matching-allow > matched-allow",
        ]
    );
}

#[test]
fn an_alias_more_is_newly_allowed_under_its_name() {
    let with = |aliases: &[&str]| {
        json!({"mesh": {"trustDomainAliases": aliases},
               "resources": [allow(&[rule(FRONTEND, &["GET"], &["/a"])])]})
    };
    let found = difference(&with(&[]), &with(&["old.local"]));
    let id = &found.changes[0].example["peer"]["spiffeId"];
    assert_eq!(id, "spiffe://old.local/ns/shop/sa/frontend");
    assert_eq!(found.changes.len(), 1);
}

#[test]
fn profile_istio_instead_of_zero_trust_is_told() {
    let with = |profile: &str| json!({"profile": profile, "resources": [mtls("STRICT")]});
    let found = difference(&with("zero-trust"), &with("istio"));
    assert!(
        found
            .changes
            .iter()
            .any(|change| change.new.cause == "no-allow-policy" && change.new.effect == "allow")
    );
}

#[test]
fn an_exception_allows_until_its_end() {
    let all = allow(&[rule(FRONTEND, &["GET"], &["/*"])]);
    let deny = policy(
        "freeze",
        json!({"action": "DENY", "rules": [{"to": [{"operation": {"paths": ["/a"]}}]}]}),
    );
    let exception = policy(
        "hotfix",
        json!({
        "rules": [rule(FRONTEND, &["GET"], &["/a"])],
        "exception": {"until": "2026-06-01T00:00:00Z", "lifts": ["shop/freeze"]}}),
    );
    let found = difference(&set(&[all.clone(), deny.clone()]), &set(&[all, deny, exception]));
    assert_eq!(found.changes.len(), 1, "{:?}", lines(&found));
    assert_eq!(found.changes[0].new.cause, "matched-exception");
    assert_eq!(found.changes[0].example["time"], "2026-05-31T23:59:59Z");
}

#[test]
fn a_bound_name_in_a_path_is_solved_with_the_peer() {
    let tenant = |paths: &[&str]| {
        set(&[allow(&[json!({
            "from": [{"source": {"namespaces": ["*"]}}],
            "to": [{"operation": {"paths": paths, "bindings": {"ns": "source.namespace"}}}]})])])
    };
    let found = difference(
        &tenant(&["/tenants/{ns}/a", "/b"]),
        &tenant(&["/tenants/{ns}/{*}", "/b"]),
    );
    assert!(!found.changes.is_empty());
    for change in &found.changes {
        let id = change.example["peer"]["spiffeId"].as_str().unwrap();
        let namespace = id.split('/').nth(4).unwrap();
        let path = change.example["path"].as_str().unwrap();
        assert!(path.starts_with(&format!("/tenants/{namespace}/")), "{id} {path}");
    }
}

#[test]
fn regular_expressions_are_solved() {
    let paths = |regex: &str| {
        set(&[allow(&[
            json!({"to": [{"operation": {"methods": ["GET"], "pathRegexes": [regex]}}]}),
        ])])
    };
    let found = difference(&paths("/v[12]/.*"), &paths("/v[123]/.*"));
    let example = found.changes[0].example["path"].as_str().unwrap();
    assert!(example.starts_with("/v3/"), "{example}");
    assert!(found.coverage.notes.is_empty(), "{:?}", found.coverage.notes);
}

#[test]
fn a_thousand_rules_with_a_changed_one_are_one_change() {
    let rules = |changed: &str| -> Vec<Value> {
        let policies = (0..4).map(|part| {
            let rules: Vec<Value> = (0..250)
                .map(|index| {
                    let number = part * 250 + index;
                    let path = if number == 777 {
                        changed.to_owned()
                    } else {
                        format!("/api/{number}/*")
                    };
                    rule(
                        &format!("cluster.local/ns/shop/sa/client-{number}"),
                        &["GET"],
                        &[&path],
                    )
                })
                .collect();
            policy(&format!("part-{part}"), json!({"rules": rules}))
        });
        policies.collect()
    };
    let found = difference(&set(&rules("/api/777/*")), &set(&rules("/api/*")));
    let steps: u64 = found.coverage.scenes.iter().map(|scene| scene.steps).sum();
    assert!(steps < 6_000, "{steps}");
    assert_eq!(found.changes.len(), 1, "{:?}", lines(&found));
}

#[test]
fn a_method_more_in_a_rule_of_three_paths_that_others_tell_apart_is_one_class() {
    let with = |methods: &[&str], others: &[&str]| {
        let own = rule(FRONTEND, methods, &["/orders", "/orders/*", "/carts/*"]);
        let payments = rule("cluster.local/ns/shop/sa/payments", &["POST"], others);
        let admin = rule(
            "*/sa/admin",
            &["GET"],
            &["/a*", "/b*", "/d*", "/e*", "/f*", "/g*", "/h*"],
        );
        set(&[allow(&[own, payments, admin])])
    };
    let found = difference(
        &with(&["GET"], &["/orders/{*}/paid", "/carts/a"]),
        &with(&["GET", "DELETE"], &["/orders/{*}/paid/{**}", "/orders"]),
    );
    let lines = lines(&found);
    let added: Vec<&String> = lines.iter().filter(|line| line.contains("frontend")).collect();
    assert_eq!(
        added,
        [
            "+ HTTP, with a certificate; peer: cluster.local/ns/shop/sa/frontend; method: DELETE; \
             path: /orders/* | /carts/* | /orders => no-matching-allow > matched-allow"
        ]
    );
}

#[test]
fn a_value_of_the_namespace_of_tokens_is_told_as_not_solved() {
    let when = |value: &str| {
        let key = "experimental.envoy.filters.http.jwt_authn[tier]";
        set(&[allow(&[json!({"when": [{"key": key, "values": [value]}]})])])
    };
    let found = difference(&when("gold"), &when("silver"));
    assert_eq!(
        found.coverage.notes,
        [
            "metadata envoy.filters.http.jwt_authn[tier]: not solved: the claims of a JWT stand in this namespace, and a \
             request has either them or metadata of its own; looked at as absent"
        ]
    );
}

/// So many rules, each on a peer and a path of its own; those that `is_changed` says have another path.
fn many(count: usize, is_changed: impl Fn(usize) -> bool) -> Value {
    let one = |number: usize| {
        let more = if is_changed(number) { "more/" } else { "" };
        rule(
            &format!("cluster.local/ns/shop/sa/client-{number}"),
            &["GET"],
            &[&format!("/api/{number}/{more}*")],
        )
    };
    let rules: Vec<Value> = (0..count).map(one).collect();
    let parts = rules.chunks(100).enumerate();
    let parts = parts.map(|(index, part)| policy(&format!("p{index}"), json!({"rules": part})));
    set(&parts.collect::<Vec<_>>())
}

fn steps(old: &Value, new: &Value) -> u64 {
    let found = difference(old, new);
    assert!(!found.changes.is_empty());
    found.coverage.scenes.iter().map(|scene| scene.steps).sum()
}

#[test]
fn the_work_grows_with_the_rules_and_not_with_their_square() {
    let steps = |count: usize| steps(&many(count, |one| one == 7), &many(count, |one| one == count / 2));
    let (few, many) = (steps(100), steps(400));
    assert!(many <= few * 5, "{few} steps for 100 rules, {many} for 400");
}

#[test]
fn the_work_grows_with_the_changes_and_not_with_their_square() {
    let steps = |count: usize| steps(&many(count, |_| false), &many(count, |_| true));
    let (few, many) = (steps(50), steps(200));
    assert!(many <= few * 5, "{few} steps for 50 changes, {many} for 200");
}

#[test]
fn a_bound_that_is_hit_is_told() {
    let (old, new) = (side(&many(4, |_| false)), side(&many(4, |_| true)));
    let solved = Solved::new(&old, &new, &orders(), &mut |_, _| {}).unwrap_or_else(|error| panic!("{error}"));
    let scene = &solved.scenes[0];
    let counts: Vec<usize> = scene
        .problem
        .order
        .iter()
        .map(|axis| scene.space.axes[*axis].classes.len())
        .collect();
    let solve = |steps, cells| solve(&scene.problem, &counts, Bounds { steps, cells });
    let whole = solve(1000, 4);
    assert_eq!((whole.cells.len(), whole.is_bounded), (4, false));
    let few_cells = solve(1000, 3);
    assert_eq!((few_cells.cells.len(), few_cells.is_bounded), (3, true));
    assert!(solve(10, 4).is_bounded);
}
