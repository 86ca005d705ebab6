//! What is not looked at is told of: each bound at its last value and one past it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

mod common;

use spiffe_authz_analysis::lint::{Bound, LintCode, Lints, lint};

use common::{stated, today};

/// What is said of these resources.
fn looked_at(resources: &[String]) -> Lints {
    let resources = resources.join(", ");
    let configuration = stated(&format!("profile: istio\nresources: [{resources}]"));
    lint(&configuration, None, Some(today()))
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, \
         metadata: {{name: {name}, namespace: shop}}, spec: {{{spec}}}}}"
    )
}

/// A policy with an operation of these paths.
fn of_paths(name: &str, action: &str, paths: &[String]) -> String {
    let paths = paths.join(", ");
    policy(
        name,
        &format!("action: {action}, rules: [{{to: [{{operation: {{paths: [{paths}]}}}}]}}]"),
    )
}

fn paths(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("/p{index}/")).collect()
}

/// The bounds that were reached, with how many places there are and the first.
fn omitted(lints: &Lints) -> Vec<(Bound, usize, &str)> {
    let omissions = lints.omissions.iter();
    omissions
        .map(|omission| (omission.bound, omission.count, omission.at.as_str()))
        .collect()
}

fn has(lints: &Lints, code: LintCode) -> bool {
    lints.lints.iter().any(|lint| lint.code == code)
}

#[test]
fn a_list_of_64_values_is_looked_at_and_one_of_65_is_named() {
    let with_prefix = |count: usize| [paths(count - 1), vec!["/p*".to_owned()]].concat();
    let whole = looked_at(&[of_paths("a", "ALLOW", &with_prefix(64))]);
    assert_eq!(omitted(&whole), []);
    assert!(has(&whole, LintCode::CoveredValue));

    let long = looked_at(&[of_paths("a", "ALLOW", &with_prefix(65))]);
    let at = "resources[0].spec.rules[0].to[0].operation";
    assert_eq!(omitted(&long), [(Bound::LongList, 1, at)]);
    assert!(!has(&long, LintCode::CoveredValue));
}

#[test]
fn a_long_list_beside_one_that_it_cannot_contradict_is_one_place() {
    let paths = paths(65).join(", ");
    let spec = format!("rules: [{{to: [{{operation: {{paths: [{paths}], methods: [GET]}}}}]}}]");
    let lints = looked_at(&[policy("a", &spec)]);
    let counts: Vec<usize> = lints.omissions.iter().map(|omission| omission.count).collect();
    assert_eq!(counts, [1]);
}

#[test]
fn a_long_list_beside_one_that_excludes_is_named_for_both() {
    let paths = paths(65).join(", ");
    let spec = format!("rules: [{{to: [{{operation: {{paths: [{paths}], notPaths: [/p1/]}}}}]}}]");
    let lints = looked_at(&[policy("a", &spec)]);
    assert_eq!(omitted_bounds(&lints), [Bound::LongList, Bound::LongLists]);
}

#[test]
fn a_rule_beside_64_others_is_looked_at_and_one_more_is_named() {
    let policies = |count: usize| -> Vec<String> {
        let paths = paths(count).into_iter().enumerate();
        paths
            .map(|(index, path)| of_paths(&format!("p{index}"), "ALLOW", &[path]))
            .collect()
    };
    assert_eq!(omitted(&looked_at(&policies(64))), []);
    let one_more = looked_at(&policies(65));
    assert_eq!(
        omitted(&one_more),
        [(Bound::RulesBeside, 65, "resources[0].spec.rules[0]")]
    );
}

#[test]
fn a_rule_of_which_something_was_found_is_no_omission() {
    let same = |index: usize| of_paths(&format!("p{index}"), "ALLOW", &["/same/".to_owned()]);
    let lints = looked_at(&(0..70).map(same).collect::<Vec<_>>());
    // Nothing covers the first but what comes behind it.
    assert_eq!(
        omitted(&lints),
        [(Bound::RulesBeside, 1, "resources[0].spec.rules[0]")]
    );
    let found = lints.lints.iter();
    let found = found.filter(|lint| lint.code == LintCode::DuplicateRule);
    assert_eq!(found.count(), 69);
}

#[test]
fn a_dry_run_beside_256_policies_is_looked_at_and_beside_257_is_named() {
    let dry = "{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: dry, namespace: shop, \
               annotations: {istio.io/dry-run: 'true'}}, spec: {rules: [{}]}}";
    let with_others = |count: usize| -> Vec<String> {
        let other = |index: usize| {
            policy(
                &format!("p{index}"),
                &format!("selector: {{matchLabels: {{app: a{index}}}}}"),
            )
        };
        std::iter::once(dry.to_owned())
            .chain((0..count).map(other))
            .collect()
    };
    let whole = looked_at(&with_others(256));
    assert_eq!(omitted(&whole), []);
    assert!(has(&whole, LintCode::DryRunAlone));
    assert_eq!(
        omitted(&looked_at(&with_others(257))),
        [(Bound::DryRun, 1, "resources[0]")]
    );
}

#[test]
fn the_work_for_all_lists_together_is_bounded_and_what_is_beyond_is_named() {
    // 64 x 64 pairs each: 489 such lists are more than two million pairs.
    let policies = (0..489).map(|index| of_paths(&format!("p{index}"), "AUDIT", &paths(64)));
    let lints = looked_at(&policies.collect::<Vec<_>>());
    let at = "resources[488].spec.rules[0].to[0].operation";
    assert!(
        omitted(&lints).contains(&(Bound::Lists, 1, at)),
        "{:?}",
        lints.omissions
    );
}

#[test]
fn the_work_between_rules_is_bounded_and_what_is_beyond_is_named() {
    let policies = (0..64).map(|index| {
        let own: Vec<String> = paths(700).iter().map(|path| format!("/{index}{path}")).collect();
        of_paths(&format!("p{index}"), "ALLOW", &own)
    });
    let lints = looked_at(&policies.collect::<Vec<_>>());
    let bounds: Vec<Bound> = lints.omissions.iter().map(|omission| omission.bound).collect();
    assert_eq!(bounds, [Bound::LongList, Bound::Rules]);
}

#[test]
fn a_rule_of_65_conditions_is_named() {
    let conditions = |count: usize| -> String {
        let one = |index: usize| format!("{{key: 'request.headers[x-{index}]', values: [a]}}");
        (0..count).map(one).collect::<Vec<_>>().join(", ")
    };
    let rule = |count: usize| {
        let spec = format!("rules: [{{when: [{}]}}]", conditions(count));
        omitted_bounds(&looked_at(&[policy("a", &spec)]))
    };
    assert_eq!(rule(64), []);
    assert_eq!(rule(65), [Bound::LongRule]);
}

fn omitted_bounds(lints: &Lints) -> Vec<Bound> {
    lints.omissions.iter().map(|omission| omission.bound).collect()
}
