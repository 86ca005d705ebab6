//! [`Parts`]: what is left of a policy set for each class of one axis.
//!
//! Most boxes ask for a few classes of an axis: they are dealt out to these, so that the work is that of the boxes and not
//! that of the boxes times the classes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::difference::boxes::{Boxes, Half};

/// A policy set, divided by the classes of one axis.
pub(super) struct Parts {
    /// What does not look at the axis.
    common: Half,
    /// By class what is left of the boxes that ask for it.
    own: BTreeMap<usize, Half>,
    /// How many classes there are.
    count: usize,
    dealt: u64,
}

impl Parts {
    pub(super) fn new(half: &Half, level: usize, count: usize, boxes: &Boxes) -> Self {
        let mut parts = Self {
            common: Half::default(),
            own: BTreeMap::new(),
            count,
            dealt: 0,
        };
        let dealing = Dealing { boxes, level };
        half.allows
            .iter()
            .for_each(|number| parts.deal_allow(*number, &dealing));
        for (number, lifters) in &half.denies {
            parts.deal_deny(*number, lifters, &dealing);
        }
        for own in parts.own.values_mut() {
            own.sort();
        }
        parts
    }

    /// What is left for requests of a class.
    pub(super) fn rest(&self, class: usize) -> Half {
        let mut rest = self.common.clone();
        if let Some(own) = self.own.get(&class) {
            rest.denies.extend(own.denies.iter().cloned());
            rest.allows.extend(&own.allows);
        }
        rest.simplified()
    }

    /// How many boxes were dealt out.
    pub(super) fn work(&self) -> u64 {
        self.dealt
    }

    /// How many boxes are left for a class.
    pub(super) fn work_of(&self, class: usize) -> u64 {
        let own = self.own.get(&class).map_or(0, Half::len);
        u64::try_from(self.common.len().saturating_add(own)).unwrap_or(u64::MAX)
    }

    fn deal_allow(&mut self, number: usize, dealing: &Dealing<'_>) {
        match dealing.classes(number) {
            Some((classes, rest)) => {
                for class in classes {
                    self.dealt = self.dealt.saturating_add(1);
                    self.own.entry(class).or_default().allows.push(rest);
                }
            }
            None => {
                self.dealt = self.dealt.saturating_add(1);
                self.common.allows.push(number);
            }
        }
    }

    fn deal_deny(&mut self, number: usize, lifters: &[usize], dealing: &Dealing<'_>) {
        let count = self.count;
        let mut deal = |class: usize, rest: usize| {
            let lifters = lifters.iter().filter_map(|lifter| dealing.rest(*lifter, class));
            let denied = (rest, lifters.collect());
            self.dealt = self.dealt.saturating_add(1);
            self.own.entry(class).or_default().denies.push(denied);
        };
        match dealing.classes(number) {
            Some((classes, rest)) => classes.for_each(|class| deal(class, rest)),
            None if lifters.iter().any(|lifter| dealing.classes(*lifter).is_some()) => {
                (0..count).for_each(|class| deal(class, number));
            }
            None => {
                self.dealt = self.dealt.saturating_add(1);
                self.common.denies.push((number, lifters.to_vec()));
            }
        }
    }
}

/// Classes for which the same is left of both sets, without those for which nothing can differ: by their first class.
pub(super) fn alike(parts: &[Parts; 2]) -> Vec<Vec<usize>> {
    let [old, new] = parts;
    let is_common = old.common == new.common;
    let asked_for: BTreeSet<usize> = old.own.keys().chain(new.own.keys()).copied().collect();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut firsts: HashMap<(Option<&Half>, Option<&Half>), usize> = HashMap::new();
    for class in &asked_for {
        let own = (old.own.get(class), new.own.get(class));
        if !(is_common && own.0 == own.1) {
            let first = *firsts.entry(own).or_insert(*class);
            groups.entry(first).or_default().push(*class);
        }
    }
    // However many classes no box asks for, they are one group.
    if !is_common {
        let others: Vec<usize> = (0..old.count)
            .filter(|class| !asked_for.contains(class))
            .collect();
        groups.extend(others.first().copied().map(|first| (first, others)));
    }
    groups.into_values().collect()
}

/// The axis that boxes are dealt by.
struct Dealing<'d> {
    boxes: &'d Boxes,
    level: usize,
}

impl Dealing<'_> {
    /// The classes of the axis that a box asks for, and the rest of it; `None` where it does not look at the axis.
    fn classes(&self, number: usize) -> Option<(impl Iterator<Item = usize>, usize)> {
        let node = self
            .boxes
            .node_of(number)
            .filter(|node| node.level == self.level)?;
        Some((self.boxes.classes_of(node), node.rest))
    }

    /// What is left of a box for a class; `None` where it does not have it.
    fn rest(&self, number: usize, class: usize) -> Option<usize> {
        match self.boxes.node_of(number) {
            Some(node) if node.level == self.level => self.boxes.has(node, class).then_some(node.rest),
            Some(_) | None => Some(number),
        }
    }
}
