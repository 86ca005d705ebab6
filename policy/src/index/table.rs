//! [`Table`]: one open table from keys to postings for all nodes of an index.
//!
//! Eight bytes a slot, at most half of them taken, so that a look-up costs the same at every size.

use std::iter;

use crate::index::posting::Posting;

/// A table that is built once.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// A power of two, or none.
    slots: Box<[Slot]>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The upper half of the key; the lower half says where to look first.
    tag: u32,
    posting: Posting,
}

impl Table {
    /// The keys must differ from each other.
    pub(super) fn new(entries: &[(u64, Posting)]) -> Self {
        let count = match entries.len() {
            0 => 0,
            some => some.saturating_mul(2).next_power_of_two(),
        };
        let free = Slot {
            tag: 0,
            posting: Posting::NONE,
        };
        let mut table = Self {
            slots: vec![free; count].into(),
        };
        entries
            .iter()
            .for_each(|(key, posting)| table.insert(*key, *posting));
        table
    }

    /// What is filed under the key, and, seldom, under others.
    pub(super) fn get(&self, key: u64) -> impl Iterator<Item = Posting> {
        let (tag, mut place) = (tag(key), self.first(key));
        let run = iter::from_fn(move || {
            let slot = self.slots.get(place)?;
            place = self.next(place);
            (slot.posting != Posting::NONE).then_some(slot)
        });
        run.filter(move |slot| slot.tag == tag).map(|slot| slot.posting)
    }

    pub(super) fn contains(&self, key: u64) -> bool {
        self.get(key).next().is_some()
    }

    #[cfg(feature = "linear-walk")]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }

    fn insert(&mut self, key: u64, posting: Posting) {
        let mut place = self.first(key);
        while let Some(slot) = self.slots.get_mut(place) {
            if slot.posting == Posting::NONE {
                *slot = Slot {
                    tag: tag(key),
                    posting,
                };
                return;
            }
            place = self.next(place);
        }
    }

    fn first(&self, key: u64) -> usize {
        usize::try_from(key & u64::from(u32::MAX)).unwrap_or_default() & self.mask()
    }

    fn next(&self, place: usize) -> usize {
        place.wrapping_add(1) & self.mask()
    }

    fn mask(&self) -> usize {
        self.slots.len().saturating_sub(1)
    }
}

fn tag(key: u64) -> u32 {
    u32::try_from(key >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn table(keys: &[u64]) -> Table {
        let entry = |(number, key): (u32, &u64)| (*key, Posting::rule(number));
        let entries: Vec<_> = (0..).zip(keys).map(entry).collect();
        Table::new(&entries)
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        let key = |number: u64| crate::index::hash::mix(number);
        for count in [0, 1, 2, 3, 1000] {
            let keys: Vec<u64> = (0..count).map(key).collect();
            let table = table(&keys);
            for (number, key) in (0..).zip(&keys) {
                assert!(table.get(*key).eq([Posting::rule(number)]), "{count}");
            }
            assert!((count..count + 1000).all(|other| !table.contains(key(other))));
        }
    }

    #[test]
    fn keys_that_share_a_tag_and_a_place_are_both_found() {
        let (one, other) = (7 << 32 | 3, 7 << 32 | 3 | 1 << 31);
        let table = table(&[one, other]);
        for key in [one, other] {
            let mut found: Vec<_> = table.get(key).map(Posting::read).collect();
            found.sort_by_key(|posted| format!("{posted:?}"));
            assert_eq!(found.len(), 2);
        }
    }
}
