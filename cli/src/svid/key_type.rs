//! [`KeyType`]: the kind of a key, by its name on the command line.

use clap::ValueEnum;
use spiffe_authz_pki::KeyAlgorithm;

/// The kind of a key.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KeyType {
    /// ECDSA on the curve P-256, as SPIRE and Istio have it
    EcdsaP256,
    /// ECDSA on the curve P-384
    EcdsaP384,
    /// RSA with 2048 bits
    #[value(name = "rsa-2048")]
    Rsa2048,
    /// Ed25519: Envoy presents it, and takes it from a peer only where its `signature_algorithms` name it
    Ed25519,
}

impl KeyType {
    pub(crate) fn algorithm(self) -> KeyAlgorithm {
        match self {
            Self::EcdsaP256 => KeyAlgorithm::EcdsaP256,
            Self::EcdsaP384 => KeyAlgorithm::EcdsaP384,
            Self::Rsa2048 => KeyAlgorithm::Rsa2048,
            Self::Ed25519 => KeyAlgorithm::Ed25519,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_key_can_be_asked_for_by_the_name_it_has() {
        let names: Vec<String> = KeyType::value_variants()
            .iter()
            .filter_map(|kind| Some(kind.to_possible_value()?.get_name().to_owned()))
            .collect();
        assert_eq!(names, KeyAlgorithm::ALL.map(KeyAlgorithm::name));
    }
}
