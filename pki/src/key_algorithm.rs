//! [`KeyAlgorithm`]: the kinds of key that a CA or an SVID may have.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
    SignatureAlgorithm,
};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use rsa::rand_core::OsRng;

use crate::PkiError;

const RSA_BITS: usize = 2048;

/// The kind of a key. ring signs with all of them; it cannot make RSA keys, which the `rsa` crate does here, and nothing
/// but that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum KeyAlgorithm {
    /// ECDSA on the curve P-256: what SPIRE and Istio use.
    #[default]
    EcdsaP256,
    /// ECDSA on the curve P-384.
    EcdsaP384,
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// Ed25519: Envoy presents it, and takes it from a peer only where its `signature_algorithms` name it.
    Ed25519,
}

impl KeyAlgorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::EcdsaP256, Self::EcdsaP384, Self::Rsa2048, Self::Ed25519];

    /// The name by which it is asked for, such as `ecdsa-p256`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EcdsaP256 => "ecdsa-p256",
            Self::EcdsaP384 => "ecdsa-p384",
            Self::Rsa2048 => "rsa-2048",
            Self::Ed25519 => "ed25519",
        }
    }

    /// A new key.
    pub(crate) fn generate(self) -> Result<KeyPair, PkiError> {
        let failed = |reason: String| PkiError::Key {
            algorithm: self.name(),
            reason,
        };
        match self {
            Self::EcdsaP256 | Self::EcdsaP384 => {
                KeyPair::generate_for(self.signature()).map_err(|error| failed(error.to_string()))
            }
            Self::Ed25519 => {
                let key =
                    KeyPair::generate_for(self.signature()).map_err(|error| failed(error.to_string()))?;
                let pem = ed25519_key_pem(key.serialized_der())
                    .ok_or_else(|| failed("it is not in the form that ring writes".to_owned()))?;
                KeyPair::from_pem(&pem).map_err(|error| failed(error.to_string()))
            }
            Self::Rsa2048 => {
                let pem = rsa_key_pem().map_err(failed)?;
                KeyPair::from_pkcs8_pem_and_sign_algo(&pem, self.signature())
                    .map_err(|error| failed(error.to_string()))
            }
        }
    }

    fn signature(self) -> &'static SignatureAlgorithm {
        match self {
            Self::EcdsaP256 => &PKCS_ECDSA_P256_SHA256,
            Self::EcdsaP384 => &PKCS_ECDSA_P384_SHA384,
            Self::Rsa2048 => &PKCS_RSA_SHA256,
            Self::Ed25519 => &PKCS_ED25519,
        }
    }
}

/// The key in the form of RFC 5208: ring writes that of RFC 5958, with the public key behind, which neither BoringSSL (and so
/// Envoy) nor OpenSSL reads.
fn ed25519_key_pem(der: &[u8]) -> Option<String> {
    let seed = der.strip_prefix(&WITH_PUBLIC_KEY)?.get(..ED25519_SEED_BYTES)?;
    let body = BASE64_STANDARD.encode([&ALONE, seed].concat());
    Some(format!(
        "-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"
    ))
}

const ED25519_SEED_BYTES: usize = 32;
/// How an Ed25519 key begins in PKCS#8, up to its seed: version 2, as ring writes it.
const WITH_PUBLIC_KEY: [u8; 16] = [
    0x30, 0x51, 2, 1, 1, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];
/// Version 1.
const ALONE: [u8; 16] = [
    0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
];

/// PKCS#8.
fn rsa_key_pem() -> Result<String, String> {
    let key = RsaPrivateKey::new(&mut OsRng, RSA_BITS).map_err(|error| error.to_string())?;
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| error.to_string())?;
    Ok(pem.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ed25519_key_stands_alone_in_its_file() {
        let key = KeyAlgorithm::Ed25519.generate().unwrap();
        assert!(key.serialized_der().starts_with(&ALONE));
        assert_eq!(key.serialized_der().len(), 16 + 32);
    }

    #[test]
    fn a_key_of_each_kind_is_made_and_read_back_from_its_pem() {
        for algorithm in KeyAlgorithm::ALL {
            let key = algorithm.generate().unwrap();
            let again = KeyPair::from_pem(&key.serialize_pem()).unwrap();
            assert_eq!(again.algorithm(), algorithm.signature(), "{}", algorithm.name());
            assert_eq!(again.public_key_raw(), key.public_key_raw());
        }
    }
}
