//! The documents mean what the benchmarks take them to mean.

use std::collections::BTreeSet;

use serde_json::Value;
use spiffe_authz_bench::documents::{Asked, Distribution, configuration, requests};
use spiffe_authz_policy::{Decision, Limits, PolicySet, RequestDocument};

const PROFILES: [&str; 2] = ["zero-trust", "istio"];

fn compiled(distribution: Distribution, profile: &str, rules: usize) -> PolicySet {
    let document = configuration(distribution, profile, rules).to_string();
    PolicySet::from_plugin_configuration(document.as_bytes(), None)
        .unwrap_or_else(|errors| panic!("{}: {errors}", distribution.name()))
}

fn allows(policies: &PolicySet, request: &Value) -> bool {
    let request = RequestDocument::from_json(request.to_string().as_bytes()).expect("a request document");
    request.with_request(|request| matches!(policies.decide(request), Decision::Allow(_)))
}

#[test]
fn every_document_compiles_in_both_profiles_and_has_as_many_rules_as_asked() {
    for distribution in Distribution::ALL {
        for profile in PROFILES {
            for rules in [1, 10, 511, 512, 1_025] {
                let policies = compiled(distribution, profile, rules);
                assert_eq!(policies.rule_count(), rules, "{}", distribution.name());
                assert_eq!(policies.allow_policies().count(), rules.div_ceil(512));
            }
        }
    }
}

#[test]
fn a_hundred_thousand_rules_of_each_kind_fit_into_a_document() {
    // A policy of 512 rules is as long wherever it stands, but for the last rule of all.
    for distribution in Distribution::ALL {
        let length = |rules| configuration(distribution, "zero-trust", rules).to_string().len();
        let of_a_policy = length(1_024) - length(512);
        let bytes = 100_000_usize.div_ceil(512) * of_a_policy + length(1);
        assert!(
            bytes <= Limits::default().document_bytes,
            "{}: {bytes}",
            distribution.name()
        );
    }
}

#[test]
fn the_engine_decides_every_request_as_it_is_marked() {
    for distribution in Distribution::ALL {
        for profile in PROFILES {
            for rules in [1, 10, 1_000] {
                let policies = compiled(distribution, profile, rules);
                for Asked { request, is_allowed } in requests(distribution, rules, 64) {
                    assert_eq!(
                        allows(&policies, &request),
                        is_allowed,
                        "{} {profile}: {request}",
                        distribution.name()
                    );
                }
            }
        }
    }
}

#[test]
fn matched_requests_reach_from_the_first_rule_to_the_last() {
    for distribution in Distribution::FLAT {
        let policies = compiled(distribution, "istio", 1_000);
        let decided: BTreeSet<String> = requests(distribution, 1_000, 64)
            .iter()
            .filter(|asked| asked.is_allowed)
            .map(|asked| rule_of(&policies, &asked.request))
            .collect();
        assert!(decided.contains("shop/from-000000 0"), "{decided:?}");
        assert!(decided.contains("shop/from-000512 487"), "{decided:?}");
        assert_eq!(decided.len(), 32, "{}", distribution.name());
    }
}

#[test]
fn in_the_worst_case_the_last_rule_alone_matches() {
    let policies = compiled(Distribution::Residual, "istio", 1_000);
    for asked in requests(Distribution::Residual, 1_000, 64) {
        if asked.is_allowed {
            assert_eq!(rule_of(&policies, &asked.request), "shop/from-000512 487");
        }
    }
}

fn rule_of(policies: &PolicySet, request: &Value) -> String {
    let request = RequestDocument::from_json(request.to_string().as_bytes()).expect("a request document");
    request.with_request(|request| {
        let decision = policies.decide(request);
        let rule = decision.rule().expect("a rule decided");
        format!("{} {}", rule.policy, rule.index)
    })
}

#[test]
fn texts_are_as_long_at_every_size() {
    for distribution in Distribution::ALL {
        let lengths = |rules| -> BTreeSet<usize> {
            requests(distribution, rules, 64)
                .iter()
                .map(|asked| asked.request.to_string().len())
                .collect()
        };
        assert_eq!(lengths(100_000), lengths(10), "{}", distribution.name());
    }
}
