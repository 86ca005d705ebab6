//! [`Told`]: the classes that are told: the cells of a diagram, put together where only their values of one dimension differ.
//!
//! A diagram looks at one axis after the other, so that a method that is added to a rule comes as a cell for each class of
//! paths that another rule tells apart. Cells that are decided by the same rules, change the same way and have the same
//! classes of every axis but one are one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::difference::report::Verdict;
use crate::difference::solve::Direction;

/// What both sets say: old and new.
pub(super) type Verdicts = (Verdict, Verdict);

/// A part of the requests of a scene that is told as one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Told {
    pub(super) direction: Direction,
    /// By axis its classes, ascending; all classes of the other axes.
    pub(super) classes: BTreeMap<usize, Vec<usize>>,
    /// What is decided about requests of it, those that were asked about.
    pub(super) verdicts: BTreeSet<Verdicts>,
}

/// What has to be the same in parts that are put together.
#[derive(Eq, Hash, PartialEq)]
struct Shared {
    direction: Direction,
    classes: BTreeMap<usize, Vec<usize>>,
    verdicts: BTreeSet<Verdicts>,
}

/// As few parts as axis by axis can be put together, in the order of the first of each. They have the requests that the
/// given ones have.
pub(super) fn merged(mut told: Vec<Told>) -> Vec<Told> {
    let axes: BTreeSet<usize> = told.iter().flat_map(|one| one.classes.keys().copied()).collect();
    loop {
        let before = told.len();
        for axis in &axes {
            told = along(*axis, told);
        }
        if told.len() == before {
            return told;
        }
    }
}

/// Puts those together that differ in one axis alone.
fn along(axis: usize, told: Vec<Told>) -> Vec<Told> {
    let mut places: HashMap<Shared, usize> = HashMap::new();
    let mut out: Vec<Told> = Vec::new();
    for one in told {
        let next = out.len();
        let place = *places.entry(one.shared(axis)).or_insert(next);
        match out.get_mut(place) {
            Some(own) => own.add(axis, &one),
            None => out.push(one),
        }
    }
    out
}

impl Told {
    fn shared(&self, axis: usize) -> Shared {
        let mut classes = self.classes.clone();
        classes.remove(&axis);
        Shared {
            direction: self.direction,
            classes,
            verdicts: self.verdicts.clone(),
        }
    }

    fn add(&mut self, axis: usize, other: &Self) {
        let Some((own, more)) = self.classes.get_mut(&axis).zip(other.classes.get(&axis)) else {
            // One of them has all classes.
            self.classes.remove(&axis);
            return;
        };
        own.extend(more);
        own.sort_unstable();
        own.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(rule: usize) -> Verdict {
        Verdict {
            effect: "allow",
            cause: "matched-allow",
            policy: Some("shop/orders".to_owned()),
            rule: Some(rule),
        }
    }

    fn told(classes: &[&[usize]], rule: usize) -> Told {
        Told {
            direction: Direction::NewlyAllowed,
            classes: classes
                .iter()
                .map(|classes| classes.to_vec())
                .enumerate()
                .collect(),
            verdicts: BTreeSet::from([(verdict(9), verdict(rule))]),
        }
    }

    #[test]
    fn parts_that_differ_in_one_axis_are_one() {
        let parts = vec![told(&[&[1], &[0]], 0), told(&[&[1], &[2]], 0)];
        assert_eq!(merged(parts), [told(&[&[1], &[0, 2]], 0)]);
    }

    #[test]
    fn parts_that_become_alike_by_putting_together_are_put_together_too() {
        let parts = vec![
            told(&[&[0], &[0]], 0),
            told(&[&[1], &[1]], 0),
            told(&[&[0], &[1]], 0),
            told(&[&[1], &[0]], 0),
        ];
        assert_eq!(merged(parts), [told(&[&[0, 1], &[0, 1]], 0)]);
    }

    #[test]
    fn parts_that_differ_in_two_axes_or_in_the_rule_stay_apart() {
        let parts = vec![
            told(&[&[0], &[0]], 0),
            told(&[&[1], &[1]], 0),
            told(&[&[2], &[0]], 1),
        ];
        assert_eq!(merged(parts.clone()), parts);
    }

    #[test]
    fn the_parts_together_have_the_requests_that_they_had() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..300 {
            let mut points: Vec<Vec<usize>> = (0..3_usize.pow(3))
                .filter(|_| rng.u8(..3) > 0)
                .map(|place| vec![place / 9, place / 3 % 3, place % 3])
                .collect();
            let single =
                |point: &Vec<usize>| told(&point.iter().map(std::slice::from_ref).collect::<Vec<_>>(), 0);
            let mut after: Vec<Vec<usize>> = merged(points.iter().map(single).collect())
                .iter()
                .flat_map(|part| points_of(&part.classes.values().cloned().collect::<Vec<_>>()))
                .collect();
            after.sort();
            points.sort();
            assert_eq!(after, points);
        }
    }

    fn points_of(classes: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let Some((first, rest)) = classes.split_first() else {
            return vec![Vec::new()];
        };
        let rests = points_of(rest);
        let with = |class: &usize| {
            let class = *class;
            rests
                .iter()
                .map(move |rest| [vec![class], rest.clone()].concat())
                .collect::<Vec<_>>()
        };
        first.iter().flat_map(with).collect()
    }
}
