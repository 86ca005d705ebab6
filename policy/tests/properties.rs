//! Properties that hold for every set of policies and every request.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod common;
mod strategies;

use common::{authorization_policy, compile, config, peer_authentication};
use proptest::prelude::*;
use serde_json::{Value, json};
use spiffe_authz_policy::{
    Attribute, Decision, Denial, Peer, PolicySet, Request, RequestDocument, SpiffeId, TrustDomain,
};
use strategies::{PlainRequest, exception, plain_request, policies, policy, rules};

fn set(profile: &str, specs: &[Value]) -> PolicySet {
    let name = |(index, spec): (usize, &Value)| authorization_policy(&format!("p{index}"), spec.clone());
    let mut resources: Vec<Value> = specs.iter().enumerate().map(name).collect();
    resources.push(peer_authentication(
        "shop",
        "default",
        json!({"mtls": {"mode": "PERMISSIVE"}}),
    ));
    compile(&config(profile, &resources)).unwrap_or_else(|errors| panic!("{errors}"))
}

fn allows(set: &PolicySet, request: &PlainRequest) -> bool {
    request.judge(|_| {}, |request| is_allowed(set, request))
}

fn is_allowed(set: &PolicySet, request: &Request<'_>) -> bool {
    matches!(set.decide(request), Decision::Allow(_))
}

fn denies_by_a_rule(set: &PolicySet, request: &PlainRequest) -> bool {
    request.judge(
        |_| {},
        |request| matches!(set.decide(request), Decision::Deny(Denial::MatchedDeny { .. })),
    )
}

fn profile() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["zero-trust", "istio"][..])
}

fn is_allow(spec: &Value) -> bool {
    spec["action"] != "DENY"
}

/// Takes one attribute away; `true` says that there was one.
fn lose(request: &mut Request<'_>, lost: usize) {
    match lost {
        0 => request.peer = Peer::Unreadable,
        1 => request.destination_port = Attribute::Unreadable,
        2 => request.method = Attribute::Unreadable,
        3 => request.host = Attribute::Unreadable,
        4 => request.path = Attribute::Unreadable,
        5 => request.headers = Attribute::Unreadable,
        6 => request.source_ip = Attribute::Unreadable,
        7 => request.remote_ip = Attribute::Unreadable,
        8 => request.destination_ip = Attribute::Unreadable,
        9 => request.sni = Attribute::Unreadable,
        10 => request.metadata = Attribute::Unreadable,
        11 => request.time = Attribute::Unreadable,
        _ => {
            if let Peer::Certificate(certificate) = &mut request.peer {
                certificate.leaf = Attribute::Unreadable;
            }
        }
    }
}

proptest! {
    // `PROPTEST_CASES` sets how many; a longer run is one variable away.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn deny_beats_allow(profile in profile(), deny in rules(), specs in policies(), request in plain_request()) {
        let deny = json!({"action": "DENY", "rules": deny});
        if denies_by_a_rule(&set(profile, std::slice::from_ref(&deny)), &request) {
            let more = [specs, vec![deny]].concat();
            prop_assert!(denies_by_a_rule(&set(profile, &more), &request));
        }
    }

    #[test]
    fn the_order_of_policies_and_rules_never_changes_the_effect(profile in profile(), specs in policies(), request in plain_request()) {
        let reversed = specs.iter().rev().cloned().map(|mut spec| {
            if let Some(rules) = spec["rules"].as_array_mut() {
                rules.reverse();
            }
            spec
        });
        let reversed: Vec<Value> = reversed.collect();
        prop_assert_eq!(allows(&set(profile, &specs), &request), allows(&set(profile, &reversed), &request));
    }

    #[test]
    fn adding_a_deny_policy_never_admits_more(profile in profile(), specs in policies(), rules in rules(), request in plain_request()) {
        let before = allows(&set(profile, &specs), &request);
        let more = [specs, vec![json!({"action": "DENY", "rules": rules})]].concat();
        prop_assert!(before || !allows(&set(profile, &more), &request));
    }

    /// In profile istio a workload without any ALLOW policy is open, so there the last one is another matter.
    #[test]
    fn removing_an_allow_policy_never_admits_more(profile in profile(), specs in policies(), allow in rules(), request in plain_request()) {
        let more = [specs.clone(), vec![json!({"rules": allow})]].concat();
        if profile == "zero-trust" || specs.iter().any(is_allow) {
            prop_assert!(!allows(&set(profile, &specs), &request) || allows(&set(profile, &more), &request));
        }
    }

    #[test]
    fn losing_an_attribute_never_turns_a_denial_into_an_allow(
        profile in profile(),
        specs in policies(),
        exception in exception(),
        request in plain_request(),
        lost in 0..13_usize,
    ) {
        let deny = json!({"action": "DENY", "rules": [{}]});
        for specs in [specs.clone(), [vec![deny], specs, vec![exception]].concat()] {
            let set = set(profile, &specs);
            let after = request.judge(|request| lose(request, lost), |request| is_allowed(&set, request));
            prop_assert!(allows(&set, &request) || !after);
        }
    }

    #[test]
    fn headers_that_no_rule_names_are_irrelevant(profile in profile(), specs in policies(), request in plain_request(), value in "[a-z]{0,4}") {
        let set = set(profile, &specs);
        let more = request.judge(
            |_| {},
            |request| {
                let mut request = request.clone();
                let Attribute::Known(headers) = request.headers else { return is_allowed(&set, &request) };
                let headers = [headers, &[(&b"x-unrelated"[..], value.as_bytes())]].concat();
                request.headers = Attribute::Known(&headers);
                is_allowed(&set, &request)
            },
        );
        prop_assert_eq!(allows(&set, &request), more);
    }

    #[test]
    fn the_order_of_the_values_of_a_header_is_irrelevant(profile in profile(), specs in policies(), request in plain_request()) {
        let set = set(profile, &specs);
        let mut reversed = request.clone();
        reversed.headers.reverse();
        prop_assert_eq!(allows(&set, &request), allows(&set, &reversed));
    }

    #[test]
    fn a_peer_without_an_identity_never_matches_a_star(profile in profile(), request in plain_request(), field in 0..3_usize) {
        let field = ["principals", "namespaces", "trustDomains"][field];
        let any = json!({"rules": [{"from": [{"source": {field: ["*"]}}]}]});
        let request = PlainRequest { id: None, ..request };
        prop_assert!(!allows(&set(profile, &[any]), &request));
    }

    #[test]
    fn zero_trust_never_admits_what_istio_denies(deny in policy(), specs in policies(), exception in exception(), request in plain_request()) {
        // A host with a port or a trailing dot is read wider on purpose: it has tests of its own.
        let host = if request.host.contains(':') || request.host.ends_with('.') { "ORDERS.shop" } else { request.host };
        let request = PlainRequest { host, ..request };
        let deny = json!({"action": "DENY", "rules": deny["rules"]});
        for specs in [specs.clone(), [vec![deny], specs, vec![exception]].concat()] {
            prop_assert!(!allows(&set("zero-trust", &specs), &request) || allows(&set("istio", &specs), &request));
        }
    }

    #[test]
    fn an_exception_that_is_over_admits_nothing(profile in profile(), specs in policies(), exception in exception(), request in plain_request()) {
        let mut over = exception;
        over["exception"]["until"] = json!("2000-01-01T00:00:00Z");
        let deny = json!({"action": "DENY", "rules": []});
        let before = [vec![deny], specs].concat();
        let after = [before.clone(), vec![over]].concat();
        prop_assert!(allows(&set(profile, &before), &request) || !allows(&set(profile, &after), &request));
    }

    #[test]
    fn a_policy_that_only_watches_changes_no_decision(profile in profile(), specs in policies(), rules in rules(), request in plain_request()) {
        let audit = json!({"action": "AUDIT", "rules": rules});
        let more = [specs.clone(), vec![audit]].concat();
        prop_assert_eq!(allows(&set(profile, &specs), &request), allows(&set(profile, &more), &request));
    }

    #[test]
    fn an_identity_prints_as_it_was_read(trust_domain in "[a-z0-9._-]{1,20}", path in "(/[a-zA-Z0-9._-]{1,8}){0,5}") {
        if let Ok(parsed) = TrustDomain::parse(&trust_domain) {
            prop_assert_eq!(parsed.to_string(), trust_domain.clone());
        }
        let text = format!("spiffe://{trust_domain}{path}");
        if let Ok(parsed) = SpiffeId::parse(text.as_bytes()) {
            prop_assert_eq!(parsed.to_string(), text.clone());
            prop_assert_eq!(format!("spiffe://{}{}", parsed.trust_domain(), parsed.path()), text);
        }
    }

    #[test]
    fn any_bytes_are_a_configuration_or_a_list_of_errors(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(PolicySet::from_plugin_configuration(&bytes, None).is_err());
    }

    #[test]
    fn a_damaged_configuration_is_judged_or_refused(
        specs in policies(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        request in plain_request(),
    ) {
        let resources: Vec<Value> = specs.into_iter().map(|spec| authorization_policy("p", spec)).collect();
        let mut bytes = config("zero-trust", &resources).to_string().into_bytes();
        for (index, byte) in damage {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(set) = PolicySet::from_plugin_configuration(&bytes, None) {
            let _ = allows(&set, &request);
        }
        let _ = RequestDocument::from_json(&bytes);
    }
}
