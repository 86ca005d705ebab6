//! The section `svid` of a configuration, from what is written to what is decided.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod common;

use common::{FRONTEND, authorization_policy, compile, config, peer_authentication, request};
use serde_json::{Value, json};
use spiffe_authz_policy::{
    Attribute, Input, Peer, PeerCertificate, PolicySet, Request, RequiredSvid, Validation,
};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

const KEY: &str = "io.istio.peer_principal";
const ID: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";

/// A configuration that allows everybody, with this section.
fn with_svid(profile: &str, svid: Value) -> Value {
    let mut config = config(profile, &[authorization_policy("all", json!({"rules": [{}]}))]);
    config["svid"] = svid;
    config
}

/// The same for a waypoint, where a policy is attached by its target.
fn waypoint(profile: &str, svid: Value) -> Value {
    let service = json!({"kind": "Service", "name": "orders", "namespace": "shop"});
    let spec = json!({"targetRefs": [{"kind": "Service", "group": "", "name": "orders"}], "rules": [{}]});
    let strict = peer_authentication("istio-system", "base", json!({"mtls": {"mode": "STRICT"}}));
    let mut config = config(profile, &[authorization_policy("all", spec), strict]);
    config["workload"] = json!({"namespace": "shop", "waypoint": {"services": [service]}});
    config["svid"] = svid;
    config
}

fn set(config: &Value) -> PolicySet {
    compile(config).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The places of what is wrong.
fn wrong(config: &Value) -> Vec<String> {
    match compile(config) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| error.at.clone()).collect(),
    }
}

fn cause(set: &PolicySet, peer: Peer<'_>) -> &'static str {
    let decision = Request { peer, ..request() };
    set.decide(&decision).code()
}

fn denied(lists: Value) -> Value {
    json!({"denied": lists})
}

#[test]
fn the_whole_svid_is_required_unless_the_configuration_says_otherwise() {
    let required = |config: &Value| set(config).required_svid();
    assert_eq!(required(&config("zero-trust", &[])), RequiredSvid::Full);
    assert_eq!(required(&with_svid("zero-trust", json!({}))), RequiredSvid::Full);
    let named = |word: &str| with_svid("zero-trust", json!({"required": word}));
    assert_eq!(required(&named("full")), RequiredSvid::Full);
    assert_eq!(required(&named("uri")), RequiredSvid::Uri);
}

#[test]
fn profile_istio_requires_no_svid_of_anybody() {
    for word in ["full", "uri"] {
        let config = with_svid("istio", json!({"required": word}));
        assert_eq!(wrong(&config), ["svid.required"]);
    }
}

#[test]
fn a_key_is_named_on_a_gateway_or_a_waypoint_alone() {
    let named = json!({"peerPrincipalKey": KEY});
    for profile in ["zero-trust", "istio"] {
        assert_eq!(
            wrong(&with_svid(profile, named.clone())),
            ["svid.peerPrincipalKey"]
        );
        assert_eq!(wrong(&waypoint(profile, named.clone())), Vec::<String>::new());
        let mut gateway = with_svid(profile, named.clone());
        gateway["workload"]["labels"] = json!({"gateway.networking.k8s.io/gateway-name": "edge"});
        assert_eq!(set(&gateway).peer_principal_key(), Some(KEY));
    }
}

#[test]
fn what_a_peer_cannot_show_is_not_asked_of_it() {
    let lists = json!({"spiffeIds": ["*/sa/a"], "serialNumbers": ["01"], "sha256Digests": ["ab".repeat(32)]});
    let config = waypoint("istio", json!({"peerPrincipalKey": KEY, "denied": lists}));
    let places = ["svid.denied.serialNumbers", "svid.denied.sha256Digests"];
    assert_eq!(wrong(&config), places);
    let config = with_svid("zero-trust", json!({"required": "uri", "denied": lists}));
    assert_eq!(wrong(&config), ["svid.denied.serialNumbers"]);
    for profile in ["zero-trust", "istio"] {
        assert_eq!(
            set(&with_svid(profile, denied(lists.clone()))).denied_peer_count(),
            3
        );
    }
}

#[test]
fn a_set_reads_of_a_certificate_what_its_profile_and_its_lists_need() {
    let ids = json!({"spiffeIds": ["*/sa/a"]});
    let serials = json!({"serialNumbers": ["01"]});
    let digests = json!({"sha256Digests": ["ab".repeat(32)]});
    let table: [(&str, Value, &[Input]); 8] = [
        ("zero-trust", json!({}), &[Input::Certificate, Input::Validity]),
        ("zero-trust", ids.clone(), &[Input::Certificate, Input::Validity]),
        (
            "zero-trust",
            digests.clone(),
            &[Input::Certificate, Input::Validity, Input::CertificateDigest],
        ),
        ("istio", json!({}), &[Input::UriSan]),
        ("istio", json!({"spiffeIds": []}), &[Input::UriSan]),
        ("istio", ids, &[Input::UriSan, Input::Certificate]),
        ("istio", serials, &[Input::UriSan, Input::Certificate]),
        ("istio", digests, &[Input::UriSan, Input::CertificateDigest]),
    ];
    for (profile, lists, expected) in table {
        let set = set(&with_svid(profile, denied(lists.clone())));
        for input in [
            Input::UriSan,
            Input::Certificate,
            Input::CertificateDigest,
            Input::Validity,
            Input::Time,
        ] {
            let is_read = expected.contains(&input);
            assert_eq!(set.reads(input), is_read, "{profile} {lists} {input:?}");
        }
    }
}

#[test]
fn whoever_is_denied_is_denied_in_both_profiles_whatever_the_policies_say() {
    let lists = json!({"spiffeIds": ["spiffe://cluster.local/ns/shop/sa/frontend"]});
    for profile in ["zero-trust", "istio"] {
        let set = set(&with_svid(profile, denied(lists.clone())));
        let peer = request().peer;
        assert_eq!(cause(&set, peer), "svid-revoked");
        let other = denied(json!({"spiffeIds": ["*/sa/other"]}));
        let set = self::set(&with_svid(profile, other));
        assert_eq!(cause(&set, peer), "matched-allow");
    }
}

fn presented(digest: Attribute<&[u8]>) -> Peer<'_> {
    Peer::Certificate(PeerCertificate {
        uri_sans: &[ID],
        validation: Validation::Validated,
        leaf: Attribute::Known(&FRONTEND),
        digest,
    })
}

#[test]
fn a_digest_that_the_proxy_reports_denies() {
    let digest = [0xab; 32];
    let lists = denied(json!({"sha256Digests": ["AB".repeat(32)]}));
    for profile in ["zero-trust", "istio"] {
        let set = set(&with_svid(profile, lists.clone()));
        let cause = |digest: Attribute<&[u8]>| cause(&set, presented(digest));
        assert_eq!(cause(Attribute::Known(&digest)), "svid-revoked");
        assert_eq!(cause(Attribute::Known(&[0; 32])), "matched-allow");
        assert_eq!(cause(Attribute::Absent), "svid-not-shown");
        assert_eq!(cause(Attribute::Unreadable), "svid-unreadable");
    }
}

#[test]
fn a_peer_that_is_handed_on_came_over_mtls() {
    for profile in ["zero-trust", "istio"] {
        let told = set(&waypoint(profile, json!({"peerPrincipalKey": KEY})));
        assert_eq!(cause(&told, Peer::HandedOn(ID)), "matched-allow");
        for nothing in [&b""[..], b"-"] {
            assert_eq!(cause(&told, Peer::HandedOn(nothing)), "mtls-required");
        }
        let deaf = set(&waypoint(profile, json!({})));
        assert_eq!(cause(&deaf, Peer::HandedOn(ID)), "mtls-required");
    }
}

#[test]
fn of_a_peer_that_is_handed_on_no_condition_on_the_certificate_can_be_told() {
    let service = json!({"kind": "Service", "name": "orders", "namespace": "shop"});
    let target = json!([{"kind": "Service", "group": "", "name": "orders"}]);
    let condition = json!([{"when": [{"key": "source.certificate.dnsSan", "values": ["a.shop"]}]}]);
    let deny = json!({"action": "DENY", "targetRefs": target, "rules": condition});
    for profile in ["zero-trust", "istio"] {
        let mut config = config(profile, &[authorization_policy("deny", deny.clone())]);
        config["workload"] = json!({"namespace": "shop", "waypoint": {"services": [service]}});
        config["svid"] = json!({"peerPrincipalKey": KEY});
        assert_eq!(cause(&set(&config), Peer::HandedOn(ID)), "matched-deny");
    }
}
