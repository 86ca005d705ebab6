//! The index finds what a walk over all rules finds, for random policies and requests.
#![cfg(all(not(target_arch = "wasm32"), feature = "linear-walk"))]
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

use common::{authorization_policy, compile, config, peer_authentication};
use proptest::prelude::*;
use serde_json::{Value, json};
use spiffe_authz_policy::{Attribute, Peer, PolicySet, Request};
use strategies::{exception, plain_request, policy, rules};

fn set(profile: &str, specs: &[Spec]) -> PolicySet {
    let mut resources: Vec<Value> = specs.iter().enumerate().map(resource).collect();
    resources.push(peer_authentication(
        "shop",
        "default",
        json!({"mtls": {"mode": "PERMISSIVE"}}),
    ));
    compile(&config(profile, &resources)).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A policy, and whether it is in force.
type Spec = (Value, bool);

fn resource((index, (spec, in_force)): (usize, &Spec)) -> Value {
    let mut resource = authorization_policy(&format!("p{index}"), spec.clone());
    let has_dry_run = spec["action"] != "AUDIT" && spec.get("exception").is_none();
    if has_dry_run && !in_force {
        resource["metadata"]["annotations"] = json!({"istio.io/dry-run": "true"});
    }
    resource
}

/// Policies of every layer, the first of which is a DENY policy that the exceptions lift.
fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let audit = rules().prop_map(|rules| json!({"action": "AUDIT", "rules": rules}));
    let spec = prop_oneof![4 => policy(), 1 => audit, 1 => exception()];
    let specs = prop::collection::vec((spec, prop::bool::weighted(0.7)), 0..10);
    (rules(), specs).prop_map(|(rules, specs)| {
        let first = (json!({"action": "DENY", "rules": rules}), true);
        [vec![first], specs].concat()
    })
}

/// Takes some attributes away: those whose bits are set.
fn lose(request: &mut Request<'_>, lost: u16) {
    let is_lost = |bit: u16| lost >> bit & 1 == 1;
    lose_peer(&mut request.peer, is_lost(0), is_lost(1));
    lose_one(&mut request.destination_port, is_lost(2));
    lose_one(&mut request.method, is_lost(3));
    lose_one(&mut request.host, is_lost(4));
    lose_one(&mut request.path, is_lost(5));
    lose_one(&mut request.headers, is_lost(6));
    lose_one(&mut request.source_ip, is_lost(7));
    lose_one(&mut request.remote_ip, is_lost(8));
    lose_one(&mut request.destination_ip, is_lost(9));
    lose_one(&mut request.sni, is_lost(10));
    lose_one(&mut request.metadata, is_lost(11));
    lose_one(&mut request.time, is_lost(12));
}

fn lose_one<T>(attribute: &mut Attribute<T>, is_lost: bool) {
    if is_lost {
        *attribute = Attribute::Unreadable;
    }
}

fn lose_peer(peer: &mut Peer<'_>, its_leaf: bool, itself: bool) {
    if let Peer::Certificate(certificate) = peer {
        lose_one(&mut certificate.leaf, its_leaf);
    }
    if itself {
        *peer = Peer::Plaintext;
    }
}

proptest! {
    // `PROPTEST_CASES` sets how many; a longer run is one variable away.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_decides_and_observes_as_the_walk_does_and_misses_no_rule(
        profile in prop::sample::select(&["zero-trust", "istio"][..]),
        specs in specs(),
        requests in prop::collection::vec((plain_request(), any::<u16>(), any::<u16>()), 1..8),
    ) {
        let set = set(profile, &specs);
        for (request, lost, and) in &requests {
            // Most attributes stay.
            let lost = lost & and & (and >> 3);
            let differs = request.judge(|request| lose(request, lost), |request| {
                let missed = set.candidates(request).is_some_and(|candidates| {
                    candidates.layers().any(|layer| !layer.missed.is_empty())
                });
                missed
                    || set.decide(request) != set.decide_linearly(request)
                    || set.observe(request) != set.observe_linearly(request)
            });
            prop_assert!(!differs, "{request:?} without {lost:b}");
        }
    }
}
