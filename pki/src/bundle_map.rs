//! A SPIFFE bundle map: of each trust domain its own authorities (SPIFFE Trust Domain and Bundle, section 4).
//!
//! Envoy's SPIFFE validator reads it, and with it an authority vouches for its own trust domain alone.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;

use crate::PkiError;
use crate::ca::is_trust_domain;

/// Each trust domain with the PEM of its authorities, as one JSON document.
///
/// # Errors
/// [`PkiError::TrustDomain`] for what is no name of one, [`PkiError::Bundle`] for a bundle without certificates or with
/// anything else, or for a trust domain that is given twice.
pub fn bundle_map(bundles: &[(&str, &str)]) -> Result<Value, PkiError> {
    let mut domains = Map::new();
    for (trust_domain, pem) in bundles {
        if !is_trust_domain(trust_domain) {
            let input = (*trust_domain).to_owned();
            return Err(PkiError::TrustDomain { input });
        }
        let failed = |reason| PkiError::Bundle {
            trust_domain: (*trust_domain).to_owned(),
            reason,
        };
        let keys = keys(pem).map_err(failed)?;
        let bundle = json!({"spiffe_sequence": 1, "keys": keys});
        if domains.insert((*trust_domain).to_owned(), bundle).is_some() {
            return Err(failed("it is given twice".to_owned()));
        }
    }
    Ok(json!({"trust_domains": domains}))
}

/// Envoy refuses an empty bundle, and with it the whole map.
fn keys(pem: &str) -> Result<Vec<Value>, String> {
    let blocks: Result<Vec<Pem>, _> = Pem::iter_from_buffer(pem.as_bytes()).collect();
    let blocks = blocks.map_err(|error| format!("not PEM: {error}"))?;
    if blocks.is_empty() {
        return Err("no certificate in it".to_owned());
    }
    blocks.iter().map(key).collect()
}

/// A JSON Web Key (RFC 7517) that holds one authority.
fn key(block: &Pem) -> Result<Value, String> {
    if block.label != "CERTIFICATE" {
        return Err(format!("it holds a `{}`, expected certificates", block.label));
    }
    let certificate = block
        .parse_x509()
        .map_err(|error| format!("a certificate cannot be read: {error}"))?;
    let mut key = public_key(&certificate)?;
    key.insert("use".to_owned(), json!("x509-svid"));
    key.insert("x5c".to_owned(), json!([BASE64_STANDARD.encode(&block.contents)]));
    Ok(Value::Object(key))
}

/// The parameters of the key (RFC 7518, section 6; RFC 8037, section 2).
fn public_key(certificate: &X509Certificate<'_>) -> Result<Map<String, Value>, String> {
    let info = certificate.public_key();
    let of = |parameters: &[(&str, Value)]| {
        parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    };
    let number = |bytes: &[u8]| json!(BASE64_URL_SAFE_NO_PAD.encode(bytes));
    match info.parsed() {
        Ok(PublicKey::EC(point)) => {
            let (curve, x, y) =
                coordinates(point.data()).ok_or("an elliptic curve that is not P-256 or P-384")?;
            Ok(of(&[
                ("kty", json!("EC")),
                ("crv", json!(curve)),
                ("x", number(x)),
                ("y", number(y)),
            ]))
        }
        Ok(PublicKey::RSA(rsa)) => Ok(of(&[
            ("kty", json!("RSA")),
            ("n", number(without_sign(rsa.modulus))),
            ("e", number(without_sign(rsa.exponent))),
        ])),
        _ if info.algorithm.algorithm.to_id_string() == ED25519 => Ok(of(&[
            ("kty", json!("OKP")),
            ("crv", json!("Ed25519")),
            ("x", number(&info.subject_public_key.data)),
        ])),
        Ok(_) | Err(_) => Err("a key that is neither ECDSA, RSA nor Ed25519".to_owned()),
    }
}

/// RFC 8410, section 3.
const ED25519: &str = "1.3.101.112";
/// How an uncompressed point begins (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

fn coordinates(point: &[u8]) -> Option<(&'static str, &[u8], &[u8])> {
    let both = point.strip_prefix(&[UNCOMPRESSED])?;
    let (curve, bytes) = match both.len() {
        64 => ("P-256", 32),
        96 => ("P-384", 48),
        _ => return None,
    };
    let (x, y) = both.split_at_checked(bytes)?;
    Some((curve, x, y))
}

/// DER puts a zero before a number whose first bit is set; a JSON Web Key does not.
fn without_sign(number: &[u8]) -> &[u8] {
    number.strip_prefix(&[0]).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CaRequest, DevelopmentCa, KeyAlgorithm};

    fn ca(key_algorithm: KeyAlgorithm) -> DevelopmentCa {
        DevelopmentCa::create(&CaRequest {
            key_algorithm,
            ..CaRequest::new("cluster.local")
        })
        .unwrap()
    }

    #[test]
    fn an_authority_is_a_json_web_key_of_its_kind_with_its_certificate() {
        for (algorithm, kind, parameters) in [
            (KeyAlgorithm::EcdsaP256, "EC", &["crv", "x", "y"][..]),
            (KeyAlgorithm::EcdsaP384, "EC", &["crv", "x", "y"]),
            (KeyAlgorithm::Rsa2048, "RSA", &["n", "e"]),
            (KeyAlgorithm::Ed25519, "OKP", &["crv", "x"]),
        ] {
            let ca = ca(algorithm);
            let map = bundle_map(&[("cluster.local", ca.certificate_pem())]).unwrap();
            let key = &map["trust_domains"]["cluster.local"]["keys"][0];
            assert_eq!((&key["kty"], &key["use"]), (&json!(kind), &json!("x509-svid")));
            assert!(parameters.iter().all(|name| key[*name].is_string()), "{key}");
            let body: String = ca
                .certificate_pem()
                .lines()
                .filter(|line| !line.starts_with('-'))
                .collect();
            assert_eq!(key["x5c"], json!([body]));
        }
    }

    #[test]
    fn the_parameters_have_the_length_of_their_kind() {
        let key = |algorithm| keys(ca(algorithm).certificate_pem()).unwrap().remove(0);
        let length = |value: &Value| {
            BASE64_URL_SAFE_NO_PAD
                .decode(value.as_str().unwrap())
                .unwrap()
                .len()
        };
        assert_eq!(length(&key(KeyAlgorithm::EcdsaP384)["y"]), 48);
        assert_eq!(length(&key(KeyAlgorithm::Rsa2048)["n"]), 256);
        assert_eq!(length(&key(KeyAlgorithm::Ed25519)["x"]), 32);
    }

    #[test]
    fn each_trust_domain_stands_once_and_has_an_authority() {
        let ca = ca(KeyAlgorithm::EcdsaP256);
        let pem = ca.certificate_pem();
        let message = |bundles: &[(&str, &str)]| bundle_map(bundles).unwrap_err().to_string();
        assert_eq!(
            message(&[("a", pem), ("a", pem)]),
            "the trust bundle of `a`: it is given twice"
        );
        assert_eq!(
            message(&[("a", "")]),
            "the trust bundle of `a`: no certificate in it"
        );
        assert!(message(&[("A", pem)]).contains("is not a trust domain"));
        assert!(message(&[("a", &ca.private_key_pem())]).contains("PRIVATE KEY"));
    }
}
