//! [`Counts`]: how many values of a group of rules have each place.

use crate::index::place::Place;

/// Counts over the places of all values. Two places may share a count, as less is kept of them than they are: it only says
/// where to file best.
pub(super) struct Counts {
    /// How many rules were counted.
    rules: u32,
    /// A power of two.
    counts: Box<[u32]>,
}

impl Counts {
    /// Room for this many places.
    pub(super) fn new(rules: u32, places: usize) -> Self {
        let room = places
            .saturating_add(places)
            .saturating_add(1)
            .next_power_of_two();
        Self {
            rules,
            counts: vec![0; room].into(),
        }
    }

    pub(super) fn rules(&self) -> u32 {
        self.rules
    }

    pub(super) fn add(&mut self, place: Place) {
        let slot = self.slot(place);
        if let Some(count) = self.counts.get_mut(slot) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn of(&self, place: Place) -> u32 {
        self.counts.get(self.slot(place)).copied().unwrap_or_default()
    }

    fn slot(&self, place: Place) -> usize {
        let mask = self.counts.len().saturating_sub(1);
        usize::try_from(place.key(0) & u64::from(u32::MAX)).unwrap_or_default() & mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::kind::Kind;
    use crate::index::place::Form;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_place_counts_at_least_as_often_as_it_was_added() {
        let place = |text| Place {
            kind: Kind::Path,
            name: 0,
            form: Form::Exact,
            text,
        };
        let mut counts = Counts::new(100, 100);
        (0..100).for_each(|number| counts.add(place(number / 10)));
        for number in 0..10 {
            let count = counts.of(place(number));
            assert!((10..=30).contains(&count), "{number}: {count}");
        }
        assert_eq!(counts.rules(), 100);
    }
}
