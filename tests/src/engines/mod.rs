//! The engines, one file each.

pub mod envoy;
pub mod host_sim;
pub mod limits;
pub mod mentions;
pub mod native;
pub mod reference;

pub use spiffe_authz_simulate::{addresses, simulated_certificate, simulated_connection};

use std::sync::Arc;

use crate::corpus::CorpusFile;
use crate::engine::Engine;

/// Every engine. The corpus is for those that take it as a whole.
#[must_use]
pub fn all(corpus: &[CorpusFile]) -> Vec<Arc<dyn Engine>> {
    vec![
        Arc::new(native::Native),
        Arc::new(reference::Reference),
        Arc::new(host_sim::HostSim::default()),
        Arc::new(envoy::Envoy::new(corpus)),
    ]
}
