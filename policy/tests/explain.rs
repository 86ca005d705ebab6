//! An explanation says what the engine does: for random policies and requests, and for some that are written down.
#![cfg(all(not(target_arch = "wasm32"), feature = "explain"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    dead_code,
    reason = "a failed test panics, and of the shared parts each test uses some"
)]

mod common;
mod strategies;

use common::{authorization_policy, compile, config, peer_authentication, request};
use proptest::prelude::*;
use serde_json::{Value, json};
use spiffe_authz_policy::{
    Attribute, Denial, Explanation, Got, Hindrance, JudgedRule, Peer, PolicySet, Protocol, Request,
    RequestCheck, RuleLayer, StatedKey, Truth,
};
use strategies::{exception, plain_request, policy, rules};

fn set(profile: &str, specs: &[Value]) -> PolicySet {
    let policy = |(index, spec): (usize, &Value)| authorization_policy(&format!("p{index}"), spec.clone());
    let mut resources: Vec<Value> = specs.iter().enumerate().map(policy).collect();
    let permissive = json!({"mtls": {"mode": "PERMISSIVE"}});
    resources.push(peer_authentication("shop", "default", permissive));
    compile(&config(profile, &resources)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A DENY policy, which the exceptions lift, and others.
fn specs() -> impl Strategy<Value = Vec<Value>> {
    let audit = rules().prop_map(|rules| json!({"action": "AUDIT", "rules": rules}));
    let spec = prop_oneof![4 => policy(), 1 => audit, 1 => exception()];
    (rules(), prop::collection::vec(spec, 0..8)).prop_map(|(rules, specs)| {
        let first = json!({"action": "DENY", "rules": rules});
        [vec![first], specs].concat()
    })
}

/// What the parts of a rule say together (S-3).
fn recomposed(rule: &JudgedRule<'_>) -> Truth {
    let one_of = |alternatives: &[spiffe_authz_policy::JudgedAlternative]| {
        let truths = alternatives.iter().map(|alternative| {
            let parts = Truth::all(alternative.clauses.iter().map(|clause| clause.truth));
            assert_eq!(parts, alternative.truth);
            alternative.truth
        });
        if alternatives.is_empty() {
            Truth::True
        } else {
            Truth::any(truths)
        }
    };
    let conditions = Truth::all(rule.when.iter().map(|clause| clause.truth));
    one_of(&rule.from).and(one_of(&rule.to)).and(conditions)
}

/// The decision that the judged parts lead to, as its one word (section 0).
fn recomposed_cause(explanation: &Explanation<'_>, has_allow_policy: bool) -> &'static str {
    if let Some(denial) = explanation.checks.iter().find_map(|check| check.denial) {
        return denial.code();
    }
    let of = |layer| explanation.rules.iter().filter(move |rule| rule.layer == layer);
    let mut lifted = false;
    for deny in of(RuleLayer::Deny).filter(|rule| rule.counts) {
        let is_lifted = |rule: &JudgedRule<'_>| rule.counts && rule.lifts.contains(deny.rule.policy);
        if !of(RuleLayer::Allow).any(is_lifted) {
            return "matched-deny";
        }
        lifted = true;
    }
    match (lifted, of(RuleLayer::Allow).any(|rule| rule.counts)) {
        (true, _) => "matched-exception",
        (false, true) => "matched-allow",
        (false, false) if has_allow_policy => "no-matching-allow",
        (false, false) => "no-allow-policy",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_explanation_has_the_decision_and_its_parts_lead_to_it(
        profile in prop::sample::select(&["zero-trust", "istio"][..]),
        specs in specs(),
        requests in prop::collection::vec((plain_request(), any::<bool>(), any::<bool>()), 1..8),
    ) {
        let set = set(profile, &specs);
        for (plain, is_plaintext, loses_headers) in &requests {
            let lose = |request: &mut Request<'_>| {
                if *is_plaintext {
                    request.peer = Peer::Plaintext;
                }
                if *loses_headers {
                    request.headers = Attribute::Unreadable;
                }
            };
            plain.judge(lose, |request| {
                let explanation = set.explain(request);
                prop_assert_eq!(&explanation.decision, &set.decide(request));
                prop_assert_eq!(&explanation.observations, &set.observe(request));
                for rule in &explanation.rules {
                    prop_assert_eq!(recomposed(rule), rule.truth);
                    let may = match rule.layer {
                        RuleLayer::Deny | RuleLayer::Audit | RuleLayer::DryRunDeny => rule.truth != Truth::False,
                        RuleLayer::Allow | RuleLayer::DryRunAllow => rule.truth == Truth::True && rule.hindrance.is_none(),
                    };
                    prop_assert_eq!(may, rule.counts);
                    let failed = rule.failed().count();
                    prop_assert_eq!(failed == 0, rule.truth == Truth::True);
                }
                let has_allow_policy = set.allow_policies().next().is_some();
                prop_assert_eq!(recomposed_cause(&explanation, has_allow_policy), explanation.decision.code());
                prop_assert_eq!(explanation.deciding().map(|rule| rule.rule), explanation.decision.rule());
                Ok(())
            })?;
        }
    }
}

const FRONTEND: &str = "cluster.local/ns/shop/sa/frontend";

fn orders() -> Value {
    json!({"rules": [
        {"from": [{"source": {"principals": ["cluster.local/ns/shop/sa/payments"]}}],
         "to": [{"operation": {"methods": ["POST"], "paths": ["/orders/*"]}}]},
        {"from": [{"source": {"principals": [FRONTEND]}}],
         "to": [{"operation": {"methods": ["PUT"], "paths": ["/other"]}},
                {"operation": {"methods": ["GET"], "paths": ["/orders/2"]}}],
         "when": [{"key": "request.headers[x-role]", "values": ["user"]}]},
    ]})
}

#[test]
fn the_nearest_rule_is_the_one_with_the_fewest_clauses_that_fail_by_its_best_alternatives() {
    let set = set("zero-trust", &[orders()]);
    let request = Request {
        headers: Attribute::Known(&[(b"x-role", b"user")]),
        ..request()
    };
    let explanation = set.explain(&request);
    let nearest = explanation.nearest().unwrap();
    assert_eq!(nearest.rule.index, 1);
    let failed: Vec<_> = nearest
        .failed()
        .map(|clause| (clause.key.clone(), clause.got.clone()))
        .collect();
    let got = Got::Values(vec!["/orders/1".to_owned()]);
    assert_eq!(failed, [(StatedKey::Paths, got)]);
}

#[test]
fn of_several_that_are_as_near_the_first_in_policy_order_is_the_nearest() {
    let twice = json!({"rules": [{"to": [{"operation": {"methods": ["PUT"]}}]}]});
    let set = set("zero-trust", &[twice.clone(), twice]);
    let explanation = set.explain(&request());
    assert_eq!(explanation.nearest().unwrap().rule.policy.name, "p0");
}

#[test]
fn without_a_certificate_what_is_asked_of_the_peer_cannot_be_told() {
    let set = set("zero-trust", &[orders()]);
    let plaintext = Request {
        peer: Peer::Plaintext,
        ..request()
    };
    let explanation = set.explain(&plaintext);
    let principals = explanation.rules[0].clauses().next().unwrap();
    assert_eq!(
        (principals.truth, &principals.got),
        (Truth::Unknown, &Got::NotTold)
    );
}

#[test]
fn a_check_that_denies_is_named_and_no_rule_is_asked() {
    let strict = config("zero-trust", &[authorization_policy("p0", orders())]);
    let set = compile(&strict).unwrap();
    let plaintext = Request {
        peer: Peer::Plaintext,
        ..request()
    };
    let explanation = set.explain(&plaintext);
    let denied: Vec<_> = explanation
        .checks
        .iter()
        .filter(|check| check.denial.is_some())
        .collect();
    assert_eq!(denied.len(), 1);
    assert_eq!(
        (denied[0].check, denied[0].denial),
        (RequestCheck::Mtls, Some(Denial::MtlsRequired))
    );
    assert!(explanation.rules.is_empty());
}

#[test]
fn on_tcp_a_rule_that_reads_http_is_hindered_and_its_fields_are_not_asked() {
    let set = set("zero-trust", &[orders()]);
    let connection = Request {
        protocol: Protocol::Tcp,
        ..request()
    };
    let explanation = set.explain(&connection);
    let rule = &explanation.rules[1];
    assert_eq!(rule.hindrance, Some(Hindrance::NotWholeOnTcp));
    let methods = &rule.to[0].clauses[0];
    assert_eq!((methods.truth, &methods.got), (Truth::True, &Got::NotAsked));
}
