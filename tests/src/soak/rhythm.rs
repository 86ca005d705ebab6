//! [`Rhythm`]: how often something happens, and until when.

use std::time::Duration;

use tokio::time::Instant;

/// How often something happens, until when, and the dice for what of it is chance.
pub(super) struct Rhythm {
    pub(super) every: Duration,
    pub(super) until: Instant,
    pub(super) dice: fastrand::Rng,
}

impl Rhythm {
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }
}
