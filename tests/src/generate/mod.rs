//! [`Generator`]: random plugin configurations, and requests aimed at their rules.
//!
//! A seed makes the same documents on every machine. Values come from small pools that are built to collide: literals that are
//! prefixes and suffixes of each other, stars, templates, blocks of addresses. Requests are built from the literals
//! of the policies and then changed a little, so that they lie on both sides of each boundary.

mod aim;
mod attributes;
mod blend;
mod concrete;
mod conditions;
mod configuration;
mod dice;
mod expressions;
mod extensions;
mod large;
mod mutate;
mod operations;
mod peer_authentications;
mod policies;
mod pools;
mod requests;
mod sendable;
mod sources;
mod svid;

use serde_json::Value;

pub use blend::{Blend, hidden_in, hide};
use dice::Dice;

/// What documents may say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// All that the engine understands, in both profiles.
    Everything,
    /// Profile istio, and only what Envoy's own RBAC can say and an HTTP client can send: no extensions, no PeerAuthentication,
    /// no CUSTOM, and requests with method, host, path, port and a loopback `source.ip`.
    IstioRbac,
}

/// One configuration and a stream of requests for it.
pub struct Generator {
    dice: Dice,
    mode: Mode,
    configuration: Value,
}

impl Generator {
    /// Makes the configuration of this seed.
    #[must_use]
    pub fn new(seed: u64, mode: Mode) -> Self {
        let mut dice = Dice::new(seed);
        let configuration = configuration::configuration(&mut dice, mode);
        Self {
            dice,
            mode,
            configuration,
        }
    }

    /// Makes a configuration of ten to `most` rules, of all that the engine understands.
    #[must_use]
    pub fn large(seed: u64, most: usize) -> Self {
        let mut dice = Dice::new(seed);
        let configuration = large::configuration(&mut dice, most);
        Self {
            dice,
            mode: Mode::Everything,
            configuration,
        }
    }

    /// The plugin configuration.
    #[must_use]
    pub fn configuration(&self) -> &Value {
        &self.configuration
    }

    /// The next `count` request documents.
    pub fn requests(&mut self, count: usize) -> Vec<Value> {
        (0..count)
            .map(|_| requests::request(&mut self.dice, self.mode, &self.configuration))
            .collect()
    }

    /// The next blend of these documents.
    pub fn blend(&mut self, documents: &[Value]) -> Blend {
        Blend::roll(&mut self.dice, documents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_documents() {
        for mode in [Mode::Everything, Mode::IstioRbac] {
            let (mut one, mut other) = (Generator::new(7, mode), Generator::new(7, mode));
            assert_eq!(one.configuration(), other.configuration());
            assert_eq!(one.requests(20), other.requests(20));
        }
    }

    #[test]
    fn another_seed_makes_others() {
        let one = Generator::new(1, Mode::Everything);
        let other = Generator::new(2, Mode::Everything);
        assert_ne!(one.configuration(), other.configuration());
    }

    #[test]
    fn what_native_rbac_gets_can_be_sent() {
        for seed in 0..200 {
            let mut generator = Generator::new(seed, Mode::IstioRbac);
            assert_eq!(generator.configuration()["profile"], "istio");
            for request in generator.requests(10) {
                let path = request["path"].as_str().unwrap();
                assert!(path.starts_with('/') && path.bytes().all(|byte| (b'!'..=b'~').contains(&byte)));
                assert!(!request["host"].as_str().unwrap().is_empty());
                assert!(request["destination"]["port"].is_u64());
            }
        }
    }
}
