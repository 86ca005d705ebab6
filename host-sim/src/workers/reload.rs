//! When a VM that has failed is replaced.

use std::time::Duration;

use crate::random::Random;
use crate::workers::group::Reloads;

/// Envoy's `reload_config.backoff.base_interval` where it is not set.
const BASE: Duration = Duration::from_secs(1);

/// Envoy's backoff: since the last load there must have passed a time between once and one and a half times the base, drawn
/// anew for each stream that asks; the same seed draws the same times.
#[derive(Debug)]
pub(crate) struct Backoff {
    base: Duration,
    random: Random,
}

impl Backoff {
    pub(crate) const fn new(seed: u64) -> Self {
        Self {
            base: BASE,
            random: Random::new(seed),
        }
    }

    pub(crate) const fn set_base(&mut self, base: Duration) {
        self.base = base;
    }

    /// Whether a load so long after the one before is still too early.
    pub(crate) fn is_too_early(&mut self, since_load: Duration) -> bool {
        since_load.as_millis() < self.milliseconds()
    }

    fn milliseconds(&mut self) -> u128 {
        let base = self.base.as_millis();
        let jitter = u128::from(self.random.word());
        base.saturating_add(jitter.checked_rem(base / 2).unwrap_or(0))
    }
}

/// What came of asking for a new VM.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReloadEvent {
    TooEarly,
    Failure,
    Success,
}

impl Reloads {
    pub(crate) const fn count(&mut self, event: ReloadEvent) {
        let counter = match event {
            ReloadEvent::TooEarly => &mut self.vm_reload_backoff,
            ReloadEvent::Failure => &mut self.vm_reload_failure,
            ReloadEvent::Success => &mut self.vm_reload_success,
        };
        *counter = counter.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(base: u64) -> Vec<u128> {
        let mut backoff = Backoff::new(1);
        backoff.set_base(Duration::from_millis(base));
        (0..200).map(|_| backoff.milliseconds()).collect()
    }

    #[test]
    fn the_wait_is_between_the_base_and_half_as_much_again() {
        let waits = milliseconds(1000);
        assert!(waits.iter().all(|wait| (1000..1500).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait > 1400), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait < 1100), "{waits:?}");
    }

    #[test]
    fn the_same_seed_waits_as_long() {
        assert_eq!(milliseconds(1000), milliseconds(1000));
    }

    #[test]
    fn the_shortest_base_has_no_jitter() {
        assert!(milliseconds(1).iter().all(|wait| *wait == 1));
    }
}
