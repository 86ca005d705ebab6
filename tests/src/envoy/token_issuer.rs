//! [`TokenIssuer`]: JSON Web Tokens, and the key set by which Envoy verifies them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

const KEY_ID: &str = "tests";
/// An uncompressed point: this byte, and then both coordinates.
const UNCOMPRESSED: u8 = 4;
const COORDINATE_BYTES: usize = 32;

/// An issuer with a key of its own (ES256).
pub struct TokenIssuer {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl TokenIssuer {
    /// A new key.
    ///
    /// # Errors
    /// When none can be made.
    pub fn new() -> Result<Self, String> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let failed = |error: &dyn std::fmt::Display| format!("no key: {error}");
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(|error| failed(&error))?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random)
            .map_err(|error| failed(&error))?;
        Ok(Self { key, random })
    }

    /// The JSON Web Key Set (RFC 7517) with the public key.
    ///
    /// # Errors
    /// When the key is no point as expected.
    pub fn key_set(&self) -> Result<Value, String> {
        let point = self.key.public_key().as_ref();
        let Some((&UNCOMPRESSED, coordinates)) = point.split_first() else {
            return Err("the public key is no uncompressed point".to_owned());
        };
        let (x, y) = coordinates.split_at(COORDINATE_BYTES);
        let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
        Ok(json!({"keys": [
            {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": KEY_ID, "x": x, "y": y},
        ]}))
    }

    /// A signed token (RFC 7519) with these claims.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn token(&self, claims: &Value) -> Result<String, String> {
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": KEY_ID});
        let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.key.sign(&self.random, signed.as_bytes());
        let signature = signature.map_err(|error| format!("no signature: {error}"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
