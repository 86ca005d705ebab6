//! What the engine says of a class that was worked out, and the class in words.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spiffe_authz_policy::{ConfigErrors, PolicySet};

use crate::difference::Dimension;
use crate::difference::describe::{Described, Words};
use crate::difference::fragment::{Fragment, Fragments, request};
use crate::difference::judges::document;
use crate::difference::merge::{Told, Verdicts, merged};
use crate::difference::report::{Change, DifferenceError, Verdict};
use crate::difference::solve::{Cell, Direction};
use crate::difference::solved::SolvedScene;
use crate::difference::space::Axis;

/// How many classes of each dimension are tried when a change is confirmed.
const TRIED: usize = 6;

impl SolvedScene {
    /// Every class that is told, each confirmed by the engine on requests of its own.
    pub(super) fn told(&self, sets: [&PolicySet; 2]) -> Result<Vec<Told>, DifferenceError> {
        let cells = self.solution.cells.iter();
        let confirmed: Result<Vec<Told>, DifferenceError> =
            cells.map(|cell| self.confirmed_cell(cell, sets)).collect();
        Ok(merged(confirmed?))
    }

    fn confirmed_cell(&self, cell: &Cell, sets: [&PolicySet; 2]) -> Result<Told, DifferenceError> {
        let classes = self.classes(cell);
        let first = self.fragments(&classes);
        let mut verdicts = BTreeSet::from([self.confirmed(&first, cell.direction, sets)?]);
        for (index, axis) in self.space.axes.iter().enumerate() {
            for fragment in tried(axis, classes.get(&index)) {
                let mut changed = first.clone();
                changed.insert(axis.dimension.clone(), fragment.clone());
                verdicts.insert(self.confirmed(&changed, cell.direction, sets)?);
            }
        }
        Ok(Told {
            direction: cell.direction,
            classes,
            verdicts,
        })
    }

    /// Describes a class.
    pub(super) fn change(
        &self,
        told: &Told,
        words: &Words,
        sets: [&PolicySet; 2],
    ) -> Result<Change, DifferenceError> {
        let first = self.fragments(&told.classes);
        let (old, new) = self.confirmed(&first, told.direction, sets)?;
        let mut others = told.verdicts.clone();
        others.remove(&(old.clone(), new.clone()));
        let named = told.classes.iter();
        let named =
            named.filter_map(|(index, classes)| Some((*index, self.space.axes.get(*index)?, classes)));
        let requests: Vec<Described> = named
            .filter(|(_, axis, classes)| classes.len() < axis.classes.len())
            .map(|(index, axis, classes)| words.describe(index, axis, classes))
            .collect();
        let example = self.shortest(&first, &requests, (&old, &new), sets)?;
        Ok(Change {
            direction: told.direction,
            scene: self.space.scene,
            requests,
            example,
            old,
            new,
            others: others.into_iter().collect(),
        })
    }

    /// The first value of each dimension.
    fn fragments(&self, classes: &BTreeMap<usize, Vec<usize>>) -> Fragments {
        let axes = self.space.axes.iter().enumerate();
        let first = axes.filter_map(|(index, axis)| {
            let fragment = tried(axis, classes.get(&index)).next()?;
            Some((axis.dimension.clone(), fragment.clone()))
        });
        first.collect()
    }

    fn confirmed(
        &self,
        fragments: &Fragments,
        direction: Direction,
        sets: [&PolicySet; 2],
    ) -> Result<Verdicts, DifferenceError> {
        let decided = self.decided(fragments, sets)?;
        let expected = match direction {
            Direction::NewlyAllowed => ("deny", "allow"),
            Direction::NewlyDenied => ("allow", "deny"),
        };
        if (decided.0.effect, decided.1.effect) == expected {
            return Ok(decided);
        }
        Err(DifferenceError::Unconfirmed {
            expected: direction,
            request: request(self.space.scene, fragments),
        })
    }

    fn decided(&self, fragments: &Fragments, sets: [&PolicySet; 2]) -> Result<Verdicts, ConfigErrors> {
        let request = document(self.space.scene, fragments)?;
        let [old, new] = sets;
        Ok((Verdict::of(old, &request), Verdict::of(new, &request)))
    }

    /// The example without what it need not say.
    fn shortest(
        &self,
        fragments: &Fragments,
        requests: &[Described],
        expected: (&Verdict, &Verdict),
        sets: [&PolicySet; 2],
    ) -> Result<Value, DifferenceError> {
        let is_said = |dimension: &Dimension| {
            matches!(dimension, Dimension::Peer | Dimension::Time)
                || requests.iter().any(|described| described.dimension == *dimension)
        };
        let said: BTreeMap<Dimension, Fragment> = fragments
            .iter()
            .filter(|(dimension, _)| is_said(dimension))
            .map(|(dimension, fragment)| (dimension.clone(), fragment.clone()))
            .collect();
        let (old, new) = self.decided(&said, sets)?;
        let is_enough = (&old, &new) == expected;
        Ok(request(
            self.space.scene,
            if is_enough { &said } else { fragments },
        ))
    }
}

/// Values of some classes of an axis, of all where none are named.
fn tried<'a>(axis: &'a Axis, classes: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Fragment> {
    let is_named = classes.is_some();
    let named = classes
        .into_iter()
        .flatten()
        .filter_map(|class| axis.classes.get(*class));
    let all = axis.classes.iter().filter(move |_| !is_named);
    named.chain(all).take(TRIED).flat_map(|class| &class.fragments)
}
