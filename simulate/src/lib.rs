//! Request documents played into the built filter in host-sim.
//!
//! ```text
//! RequestDocument ─► connection with a certificate that says the same,   ─► Stream  ─► filter state, local reply ─► Verdict
//!                    headers, filter state and metadata of earlier filters   of host-sim
//! ```
//! [`Player`] does the whole of it; the parts are public for those who need a request to look otherwise. The verdict is
//! what the filter left in filter state; a filter whose parts contradict each other is an error and no verdict.
//!
//! A proxy always knows the addresses of a connection, and the time: where a document does not say them, a connection
//! here has those of [`addresses`] and the machine's clock.

pub mod addresses;
pub mod described_certificate;
pub mod dynamic_metadata;
pub mod error;
pub mod player;
pub mod report;
pub mod simulated_certificate;
pub mod simulated_connection;
pub mod surroundings;
pub mod verdict;

pub use addresses::Addresses;
pub use error::SimulationError;
pub use player::{Played, Player};
pub use report::FilterReport;
pub use simulated_certificate::SimulatedCertificates;
pub use simulated_connection::SimulatedConnections;
pub use surroundings::Surroundings;
pub use verdict::{Effect, Verdict};
