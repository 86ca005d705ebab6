//! [`Batch`]: the next few candidates, each once and in the order of their numbers.

/// The rules that a search found, the lowest ones of a range, up to as many as fit.
///
/// A request may say the same thing many times, and a rule may be found in many ways. Each is judged once all the same, and
/// nothing is allocated for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    start: u32,
    /// Where the wanted numbers end: at the highest that was found, once there is no room for more.
    end: u32,
    count: usize,
    found: [u32; Self::MOST],
}

impl Batch {
    const MOST: usize = 32;

    /// For rules from `start` on, up to but not including `end`.
    pub(super) fn new(start: u32, end: u32) -> Self {
        Self {
            start,
            end,
            count: 0,
            found: [0; Self::MOST],
        }
    }

    /// In the order of their numbers.
    pub(crate) fn rules(&self) -> &[u32] {
        self.found.get(..self.count).unwrap_or_default()
    }

    /// Where to search on, if there may be more.
    pub(crate) fn next_start(&self) -> Option<u32> {
        if self.count < Self::MOST {
            return None;
        }
        self.found.last().map(|last| last.saturating_add(1))
    }

    /// The first number that is wanted.
    pub(super) fn start(&self) -> u32 {
        self.start
    }

    /// Whether a rule of this number is wanted, and so far not found.
    fn wants(&self, rule: u32) -> bool {
        (self.start..self.end).contains(&rule)
    }

    /// Takes a rule; `false` says that none with a higher number is wanted.
    pub(super) fn add(&mut self, rule: u32) -> bool {
        if self.wants(rule) {
            self.insert(rule);
        }
        rule < self.end
    }

    /// Puts a rule among those that were found. The highest goes where there is no room.
    fn insert(&mut self, rule: u32) {
        let place = self.rules().partition_point(|found| *found < rule);
        if self.rules().get(place) == Some(&rule) {
            return;
        }
        self.count = self.count.saturating_add(1).min(Self::MOST);
        let behind = self.found.get_mut(place..self.count).unwrap_or_default();
        behind
            .iter_mut()
            .fold(rule, |moved, slot| std::mem::replace(slot, moved));
        if self.count == Self::MOST {
            self.end = self.found.last().copied().unwrap_or(self.end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn batch(start: u32, end: u32, rules: impl IntoIterator<Item = u32>) -> Batch {
        let mut batch = Batch::new(start, end);
        for rule in rules {
            batch.add(rule);
        }
        batch
    }

    #[test]
    fn every_rule_comes_once_and_in_order() {
        let found = batch(0, u32::MAX, [7, 3, 7, 9, 3, 0, 9]);
        assert_eq!(found.rules(), [0, 3, 7, 9]);
        assert_eq!(found.next_start(), None);
    }

    #[test]
    fn what_is_outside_of_the_range_is_left_out() {
        let mut found = batch(3, 9, [2, 3, 8, 9, 10]);
        assert_eq!(found.rules(), [3, 8]);
        assert!(found.add(2));
        assert!(!found.add(9));
    }

    #[test]
    fn the_lowest_stay_where_there_is_no_room_and_the_rest_comes_next() {
        let rules: Vec<u32> = (0..100).rev().flat_map(|rule| [rule, rule]).collect();
        let (mut all, mut start) = (Vec::<u32>::new(), Some(0));
        while let Some(from) = start {
            let found = batch(from, u32::MAX, rules.iter().copied());
            all.extend(found.rules());
            start = found.next_start();
        }
        assert!(all.into_iter().eq(0..100));
    }
}
