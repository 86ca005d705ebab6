//! [`Raw`]: what one policy set says about every value, before values are put into classes.

use std::collections::BTreeMap;

use spiffe_authz_policy::ConfigErrors;

use crate::difference::Dimension;
use crate::difference::asked::Truths;
use crate::difference::clause::Clause;
use crate::difference::fragment::{Fragment, Fragments};
use crate::difference::judges::{Judge, base, document};
use crate::difference::scene::Scene;
use crate::difference::space::{Held, Judged};
use crate::difference::table::{Table, combinations};

/// How many combinations of values are asked for where a clause compares two attributes with each other.
const MOST_JOINT: usize = 300_000;

/// What one of the sets says about every value, before they are put into classes.
pub(super) struct Raw {
    is_closed: bool,
    base: Fragments,
    constant: Truths,
    /// For each axis and each of its values.
    values: Vec<Vec<Value>>,
    /// For each clause the axes that it looks at.
    looks_at: Vec<Vec<usize>>,
    joint: BTreeMap<usize, Table>,
}

struct Value {
    truths: Truths,
    is_gated: bool,
}

/// Dimensions, each with its values.
pub(super) type Axes<'a> = [(&'a Dimension, &'a [Fragment])];

impl Raw {
    pub(super) fn new(
        judge: &Judge<'_>,
        scene: Scene,
        axes: &Axes<'_>,
        notes: &mut Vec<String>,
    ) -> Result<Self, ConfigErrors> {
        let base = base(judge, scene, axes)?;
        let is_closed = base.is_none();
        let base = base.unwrap_or_default();
        let mut raw = Self {
            is_closed,
            constant: judge.asked.truths(&document(scene, &base)?, None),
            values: Vec::new(),
            looks_at: judge
                .clauses
                .iter()
                .map(|clause| looks_at(clause, axes))
                .collect(),
            joint: BTreeMap::new(),
            base,
        };
        for (dimension, fragments) in axes {
            let mut values = Vec::new();
            for fragment in *fragments {
                values.push(raw.value(judge, scene, &[(dimension, fragment)])?);
            }
            raw.values.push(values);
        }
        for group in raw.joint_groups() {
            notes.extend(raw.tabulate(judge, scene, axes, &group)?);
        }
        Ok(raw)
    }

    fn value(
        &self,
        judge: &Judge<'_>,
        scene: Scene,
        set: &[(&Dimension, &Fragment)],
    ) -> Result<Value, ConfigErrors> {
        let mut fragments = self.base.clone();
        for (dimension, fragment) in set {
            fragments.insert((*dimension).clone(), (*fragment).clone());
        }
        let request = document(scene, &fragments)?;
        Ok(Value {
            truths: judge
                .asked
                .truths(&request, set.first().map(|(dimension, _)| *dimension)),
            is_gated: !self.is_closed && judge.is_gated(&request),
        })
    }

    /// The axes that clauses look at together.
    fn joint_groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = self
            .looks_at
            .iter()
            .filter(|axes| axes.len() > 1)
            .cloned()
            .collect();
        groups.sort();
        groups.dedup();
        groups
    }

    /// Asks for every combination; what is to be told where there are too many.
    fn tabulate(
        &mut self,
        judge: &Judge<'_>,
        scene: Scene,
        axes: &Axes<'_>,
        group: &[usize],
    ) -> Result<Option<String>, ConfigErrors> {
        let of_group: Vec<usize> = (0..self.looks_at.len())
            .filter(|clause| self.looks_at.get(*clause).is_some_and(|axes| axes == group))
            .collect();
        let chosen: Vec<&(&Dimension, &[Fragment])> =
            group.iter().filter_map(|axis| axes.get(*axis)).collect();
        let size = chosen.iter().fold(1_usize, |size, (_, fragments)| {
            size.saturating_mul(fragments.len())
        });
        if size > MOST_JOINT {
            let names: Vec<String> = chosen
                .iter()
                .map(|(dimension, _)| dimension.to_string())
                .collect();
            let note = format!(
                "not solved: {} clauses that compare {} with each other ({size} combinations)",
                of_group.len(),
                names.join(" and ")
            );
            return Ok(Some(note));
        }
        for clause in &of_group {
            self.joint.insert(
                *clause,
                Table {
                    axes: group.to_vec(),
                    rows: Vec::new(),
                },
            );
        }
        let lengths: Vec<usize> = chosen.iter().map(|(_, fragments)| fragments.len()).collect();
        for place in combinations(&lengths) {
            let set: Vec<(&Dimension, &Fragment)> = chosen
                .iter()
                .zip(&place)
                .filter_map(|((dimension, fragments), index)| Some((*dimension, fragments.get(*index)?)))
                .collect();
            let Value { truths, .. } = self.value(judge, scene, &set)?;
            for clause in &of_group {
                if let Some(table) = self.joint.get_mut(clause) {
                    let truth = |list: &[usize]| list.binary_search(clause).is_ok();
                    table
                        .rows
                        .push((place.clone(), truth(&truths.certain), truth(&truths.possible)));
                }
            }
        }
        Ok(None)
    }

    /// What is known of the value of an axis.
    pub(super) fn signature(&self, axis: usize, value: usize, signature: &mut Vec<usize>) {
        let known = self.values.get(axis).and_then(|values| values.get(value));
        let Some(known) = known else { return };
        signature.push(usize::from(known.is_gated));
        for list in [&known.truths.certain, &known.truths.possible] {
            let is_own = |clause: &&usize| {
                self.looks_at
                    .get(**clause)
                    .is_some_and(|axes| axes.as_slice() == [axis])
            };
            signature.extend(list.iter().filter(is_own));
            signature.push(usize::MAX);
        }
        for table in self.joint.values() {
            if let Some(column) = table.axes.iter().position(|one| *one == axis) {
                let rows = table
                    .rows
                    .iter()
                    .filter(|(place, ..)| place.get(column) == Some(&value));
                signature.extend(
                    rows.flat_map(|(_, certain, possible)| [usize::from(*certain), usize::from(*possible)]),
                );
            }
        }
    }

    /// The same by classes; `firsts` has for each axis the first value of each class.
    pub(super) fn judged(self, firsts: &[Vec<usize>]) -> Judged {
        let mut clauses: Vec<Held> = Vec::new();
        for (clause, axes) in self.looks_at.iter().enumerate() {
            let truth = |list: &[usize]| list.binary_search(&clause).is_ok();
            clauses.push(match (axes.as_slice(), self.joint.get(&clause)) {
                ([], _) => Held::Always(truth(&self.constant.certain), truth(&self.constant.possible)),
                ([axis], _) => Held::nowhere(*axis),
                (_, Some(table)) => table.held(firsts),
                (_, None) => Held::Unsolved,
            });
        }
        let mut gates = Vec::new();
        for (axis, (values, firsts)) in self.values.iter().zip(firsts).enumerate() {
            let of_classes = || firsts.iter().filter_map(|first| values.get(*first));
            gates.push(of_classes().map(|value| value.is_gated).collect());
            for (class, value) in of_classes().enumerate() {
                let Truths { certain, possible } = &value.truths;
                for clause in certain {
                    clauses
                        .get_mut(*clause)
                        .into_iter()
                        .for_each(|held| held.mark(axis, class, true));
                }
                for clause in possible {
                    clauses
                        .get_mut(*clause)
                        .into_iter()
                        .for_each(|held| held.mark(axis, class, false));
                }
            }
        }
        Judged {
            is_closed: self.is_closed,
            gates,
            clauses,
        }
    }
}

/// The axes that a clause looks at.
fn looks_at(clause: &Clause, axes: &Axes<'_>) -> Vec<usize> {
    let mut dimensions = clause.bound_dimensions();
    dimensions.push(clause.dimension());
    let is_asked = |(_, (dimension, _)): &(usize, &(&Dimension, &[Fragment]))| dimensions.contains(dimension);
    axes.iter()
        .enumerate()
        .filter(is_asked)
        .map(|(index, _)| index)
        .collect()
}
