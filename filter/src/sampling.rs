//! [`Sampler`]: which of the allowed requests and connections get an audit line.

use std::cell::Cell;
use std::num::NonZeroU64;

/// A multiplier that spreads consecutive numbers over all bits (2^64 by the golden ratio).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Counts what was allowed and picks one of each `one_in`, the same ones whenever it counts from the start.
///
/// Which one of a run is picked differs from run to run, so that traffic with a beat of its own is met as all other is.
/// Nothing of a request goes in: no peer can keep out of the sample.
#[derive(Debug, Default)]
pub(crate) struct Sampler {
    allowed: Cell<u64>,
}

impl Sampler {
    /// Whether the next one gets a line.
    pub(crate) fn picks(&self, one_in: NonZeroU64) -> bool {
        let number = self.allowed.get();
        self.allowed.set(number.wrapping_add(1));
        let (run, place) = (number / one_in, number % one_in);
        place == (run.wrapping_mul(SPREAD) >> 32) % one_in
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn picked(one_in: u64, of: u64) -> Vec<u64> {
        let sampler = Sampler::default();
        let one_in = NonZeroU64::new(one_in).unwrap();
        (0..of).filter(|_| sampler.picks(one_in)).collect()
    }

    #[test]
    fn one_of_each_run_is_picked() {
        for one_in in [1, 2, 10, 1_000] {
            let runs: Vec<u64> = picked(one_in, one_in * 50)
                .into_iter()
                .map(|number| number / one_in)
                .collect();
            assert_eq!(runs, (0..50).collect::<Vec<_>>(), "{one_in}");
        }
    }

    #[test]
    fn the_picks_are_the_same_each_time_and_not_at_one_place_of_the_runs() {
        let picks = picked(10, 1_000);
        assert_eq!(picks, picked(10, 1_000));
        let places: BTreeSet<u64> = picks.iter().map(|number| number % 10).collect();
        assert!(places.len() >= 8, "{places:?}");
    }
}
