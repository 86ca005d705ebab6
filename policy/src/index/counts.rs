//! [`Counts`]: how many values of a group of rules have each place.

use crate::index::place::Place;

/// Counts over the places of all values. Places may share a count, seldom: it only says where to file best.
pub(super) struct Counts {
    /// How many rules were counted.
    rules: u32,
    /// A power of two; the key and its count.
    slots: Box<[(u32, u32)]>,
}

impl Counts {
    /// Room for this many places.
    pub(super) fn new(rules: u32, places: usize) -> Self {
        let count = places
            .saturating_add(places / 2)
            .saturating_add(1)
            .next_power_of_two();
        Self {
            rules,
            slots: vec![(0, 0); count].into(),
        }
    }

    pub(super) fn rules(&self) -> u32 {
        self.rules
    }

    pub(super) fn add(&mut self, place: Place) {
        let slot = self.slot(place);
        if let Some((tag, count)) = self.slots.get_mut(slot) {
            *tag = tag_of(place);
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn of(&self, place: Place) -> u32 {
        let slot = self.slot(place);
        self.slots.get(slot).map_or(0, |(_, count)| *count)
    }

    /// The slot of the place, or the free one that it may have.
    fn slot(&self, place: Place) -> usize {
        let mask = self.slots.len().saturating_sub(1);
        let first = usize::try_from(place.key(0) & u64::from(u32::MAX)).unwrap_or_default();
        let tag = tag_of(place);
        let mut places = (0..self.slots.len()).map(|step| first.wrapping_add(step) & mask);
        let is_its_own = |slot: &usize| match self.slots.get(*slot) {
            Some((other, count)) => *count == 0 || *other == tag,
            None => false,
        };
        places.find(is_its_own).unwrap_or(first & mask)
    }
}

fn tag_of(place: Place) -> u32 {
    u32::try_from(place.key(0) >> 32).unwrap_or_default()
}
