//! The rules of a SPIFFE ID as vectors: each has a name, its bytes and what they are.
//!
//! The two standards have no machine-readable vectors. These say what the tests of the SPIFFE libraries ask: every byte
//! and every character up to U+00FF in the trust domain and in the path, the lengths, and the named cases of
//! `named.txt`. Each is put to the parser and, as the one URI SAN of a validated certificate, to a whole decision.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed test panics"
)]

mod every_byte;
mod lengths;
mod named;
mod trust_domains;
mod vector;

use std::collections::HashSet;

#[cfg(feature = "request-document")]
use serde_json::json;
use spiffe_authz_policy::SpiffeId;
#[cfg(feature = "request-document")]
use spiffe_authz_policy::{PolicySet, RequestDocument};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::vector::{Vector, What};

/// No vector can get lost unseen.
const IDS: usize = 1_768;
const TRUST_DOMAINS: usize = 297;

fn ids() -> Vec<Vector> {
    [every_byte::ids(), lengths::ids(), named::ids()].concat()
}

#[test]
fn there_are_as_many_vectors_as_ever_each_of_its_own_name() {
    let trust_domains = trust_domains::all();
    assert_eq!((ids().len(), trust_domains.len()), (IDS, TRUST_DOMAINS));
    let vectors: Vec<Vector> = [ids(), trust_domains].concat();
    let names: HashSet<&str> = vectors.iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(names.len(), vectors.len());
}

#[test]
fn every_vector_is_parsed_as_what_it_is() {
    for vector in ids() {
        let found = match SpiffeId::parse(&vector.bytes) {
            Err(_) => What::Refused,
            Ok(id) if id.path().is_empty() => What::Signer,
            Ok(_) => What::Workload,
        };
        assert_eq!(found, vector.what, "{vector}");
    }
}

#[test]
fn what_is_parsed_is_kept_byte_for_byte() {
    for vector in ids() {
        let Ok(id) = SpiffeId::parse(&vector.bytes) else {
            continue;
        };
        assert_eq!(id.as_str().as_bytes(), vector.bytes, "{vector}");
        let parts = format!("spiffe://{}{}", id.trust_domain(), id.path());
        assert_eq!(parts.as_bytes(), vector.bytes, "{vector}");
    }
}

/// A document is text: what is none is left to the parser above.
#[cfg(feature = "request-document")]
#[test]
fn only_the_id_of_a_workload_is_an_identity() {
    let set = anything_is_allowed();
    let texts = ids()
        .into_iter()
        .filter(|vector| str::from_utf8(&vector.bytes).is_ok());
    for vector in texts {
        let expected = match vector.what {
            What::Workload => "matched-allow",
            What::Signer | What::Refused => "malformed-spiffe-id",
        };
        assert_eq!(cause(&set, &vector), expected, "{vector}");
    }
}

#[cfg(feature = "request-document")]
fn anything_is_allowed() -> PolicySet {
    let configuration = json!({
        "workload": {"namespace": "shop", "labels": {"app": "orders"}},
        "resources": [{
            "apiVersion": "security.istio.io/v1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": "anything", "namespace": "shop"},
            "spec": {"rules": [{}]},
        }],
    });
    PolicySet::from_plugin_configuration(configuration.to_string().as_bytes(), None).unwrap()
}

#[cfg(feature = "request-document")]
fn cause(set: &PolicySet, vector: &Vector) -> &'static str {
    let uri_san = str::from_utf8(&vector.bytes).unwrap();
    let document = json!({"peer": {"uriSans": [uri_san]}, "method": "GET", "host": "a", "path": "/"});
    let document = RequestDocument::from_json(document.to_string().as_bytes()).unwrap();
    document.with_request(|request| set.decide(request).code())
}

#[test]
fn a_trust_domain_name_is_what_its_vector_says() {
    trust_domains::assert_all();
}
