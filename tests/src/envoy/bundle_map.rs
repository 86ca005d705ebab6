//! A SPIFFE bundle map: of each trust domain its own authorities, as Envoy's SPIFFE validator reads them.

use serde_json::{Map, Value, json};
use spiffe_authz_pki::DevelopmentCa;

/// Each trust domain with the one authority that speaks for it.
#[must_use]
pub fn bundle_map(authorities: &[(&str, &DevelopmentCa)]) -> Value {
    let bundles: Map<String, Value> = authorities
        .iter()
        .map(|(trust_domain, authority)| ((*trust_domain).to_owned(), bundle(authority)))
        .collect();
    json!({"trust_domains": bundles})
}

fn bundle(authority: &DevelopmentCa) -> Value {
    let key = json!({"kty": "EC", "use": "x509-svid", "x5c": [der_base64(authority.certificate_pem())]});
    json!({"spiffe_sequence": 1, "keys": [key]})
}

/// PEM is base64 of the DER between two lines of dashes.
fn der_base64(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}
