//! [`Dice`]: what is random.

use fastrand::Rng;

/// A seeded source of choices.
pub(super) struct Dice(Rng);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(Rng::with_seed(seed))
    }

    /// True once in `count` times.
    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// True `percent` times of a hundred.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    /// One of them, each as often.
    pub(super) fn pick<'p, T>(&mut self, pool: &'p [T]) -> &'p T {
        &pool[self.below(pool.len())]
    }

    /// One of these texts.
    pub(super) fn text(&mut self, pool: &[&'static str]) -> &'static str {
        pool[self.below(pool.len())]
    }

    /// One of them, if there is one.
    pub(super) fn pick_any<'p, T>(&mut self, pool: &'p [T]) -> Option<&'p T> {
        (!pool.is_empty()).then(|| self.pick(pool))
    }

    /// An index, by weights.
    pub(super) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        weights.len() - 1
    }
}
