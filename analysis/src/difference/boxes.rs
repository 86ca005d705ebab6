//! [`Problem`]: two policy sets as boxes over the classes of one scene.
//!
//! An alternative of a rule holds of a box: for each axis a set of classes, independently of the other axes. A set of
//! policies is then a list of boxes that deny and a list of boxes that allow.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bit_set::BitSet;
use spiffe_authz_policy::PolicyId;

use crate::difference::Dimension;
use crate::difference::fragment::Fragment;
use crate::difference::side::{Attached, Effect};
use crate::difference::space::{Held, Judged, Space};

/// For some axes the classes that are in; all of the other axes are.
type Region = BTreeMap<usize, BitSet>;

/// Boxes, each once, and of each its parts in the order in which axes are looked at.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    /// How many classes each axis has.
    counts: Vec<usize>,
    sets: Vec<BitSet>,
    set_numbers: HashMap<BitSet, usize>,
    nodes: Vec<Node>,
    node_numbers: HashMap<Node, usize>,
}

/// What a box asks of one axis, and what it asks besides.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Node {
    /// The place of the axis in the order.
    pub(super) level: usize,
    set: usize,
    /// The number of the rest.
    pub(super) rest: usize,
}

/// The box that asks nothing.
pub(super) const EVERYTHING: usize = 0;

/// A policy set: what denies, with what lifts that, and what allows.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Half {
    pub(super) denies: Vec<(usize, Vec<usize>)>,
    pub(super) allows: Vec<usize>,
}

/// Both sets, and the axes in the order in which they are looked at.
pub(super) struct Problem {
    pub(super) boxes: Boxes,
    pub(super) order: Vec<usize>,
    pub(super) halves: [Half; 2],
}

impl Problem {
    pub(super) fn new(space: &Space, attached: [&Attached; 2]) -> Self {
        let [old, new] = attached;
        let [old_judged, new_judged] = &space.sides;
        let regions = [
            Regions::new(space, old, old_judged),
            Regions::new(space, new, new_judged),
        ];
        let order = order(space, &regions);
        let mut boxes = Boxes {
            counts: space.axes.iter().map(|axis| axis.classes.len()).collect(),
            ..Boxes::default()
        };
        let halves = regions.map(|regions| regions.half(&order, &mut boxes));
        Self { boxes, order, halves }
    }
}

/// A policy set as regions.
struct Regions {
    denies: Vec<(Region, Option<PolicyId>)>,
    allows: Vec<Region>,
    lifters: Vec<(Region, Vec<PolicyId>)>,
}

impl Regions {
    fn new(space: &Space, attached: &Attached, judged: &Judged) -> Self {
        let mut regions = Self {
            denies: Vec::new(),
            allows: Vec::new(),
            lifters: Vec::new(),
        };
        if judged.is_closed {
            regions.denies.push((Region::new(), None));
        }
        for (axis, gate) in judged.gates.iter().enumerate() {
            let gated: BitSet = (0..gate.len())
                .filter(|class| gate.get(*class) == Some(&true))
                .collect();
            if !gated.is_empty() {
                regions.denies.push((Region::from([(axis, gated)]), None));
            }
        }
        if attached.allows_by_default {
            regions.allows.push(Region::new());
        }
        for alternative in &attached.alternatives {
            let is_certain = !matches!(alternative.effect, Effect::Deny(_));
            for region in held_by(&alternative.clauses, judged, is_certain) {
                regions.add(&alternative.effect, region, space);
            }
        }
        regions
    }

    fn add(&mut self, effect: &Effect, region: Region, space: &Space) {
        match effect {
            Effect::Deny(policy) => self.denies.push((region, Some(policy.clone()))),
            Effect::Allow => self.allows.push(region),
            Effect::Except(until, lifted) => {
                let time = space
                    .axes
                    .iter()
                    .position(|axis| axis.dimension == Dimension::Time);
                let mut region = region;
                if let Some((index, axis)) = time.and_then(|index| Some((index, space.axes.get(index)?))) {
                    let is_before =
                        |fragment: &Fragment| matches!(fragment, Fragment::Instant(time) if time < until);
                    let classes = axis.classes.iter().enumerate();
                    let before = classes.filter(|(_, class)| class.fragments.first().is_some_and(is_before));
                    narrow(&mut region, index, &before.map(|(class, _)| class).collect());
                }
                self.lifters.push((region.clone(), lifted.clone()));
                self.allows.push(region);
            }
        }
    }

    /// Each region once.
    fn all(&self) -> BTreeSet<&Region> {
        let denies = self.denies.iter().map(|(region, _)| region);
        denies.chain(&self.allows).collect()
    }

    fn half(self, order: &[usize], boxes: &mut Boxes) -> Half {
        let mut half = Half::default();
        for (region, policy) in &self.denies {
            let lifting = self
                .lifters
                .iter()
                .filter(|(_, lifted)| policy.as_ref().is_some_and(|id| lifted.contains(id)));
            let lifters: BTreeSet<usize> = lifting
                .filter_map(|(region, _)| boxes.number(region, order))
                .collect();
            if let Some(number) = boxes.number(region, order) {
                half.denies.push((number, lifters.into_iter().collect()));
            }
        }
        half.allows = self
            .allows
            .iter()
            .filter_map(|region| boxes.number(region, order))
            .collect();
        half.simplified()
    }
}

/// The regions of which all these clauses hold.
fn held_by(clauses: &[usize], judged: &Judged, is_certain: bool) -> Vec<Region> {
    let mut regions = vec![Region::new()];
    for clause in clauses {
        match judged.clauses.get(*clause) {
            Some(Held::Always(certain, possible)) => {
                if !(if is_certain { *certain } else { *possible }) {
                    return Vec::new();
                }
            }
            Some(Held::On {
                axis,
                certain,
                possible,
            }) => {
                let classes = if is_certain { certain } else { possible };
                regions
                    .iter_mut()
                    .for_each(|region| narrow(region, *axis, classes));
            }
            Some(Held::Jointly {
                axes,
                certain,
                possible,
            }) => {
                let places = if is_certain { certain } else { possible };
                let parts = joint(axes, places);
                regions = regions
                    .iter()
                    .flat_map(|region| parts.iter().map(|part| both(region, part)))
                    .collect();
            }
            Some(Held::Unsolved) | None => return Vec::new(),
        }
    }
    regions
}

/// The combinations as few regions: those that go together with the same classes of the first axis are one.
fn joint(axes: &[usize], places: &[Vec<usize>]) -> Vec<Region> {
    let mut by_rest: BTreeMap<Vec<usize>, BTreeSet<usize>> = BTreeMap::new();
    for place in places {
        if let Some((first, rest)) = place.split_first() {
            by_rest.entry(rest.to_vec()).or_default().insert(*first);
        }
    }
    let mut by_first: BTreeMap<BTreeSet<usize>, Vec<Vec<usize>>> = BTreeMap::new();
    for (rest, firsts) in by_rest {
        by_first.entry(firsts).or_default().push(rest);
    }
    let Some((first_axis, rest_axes)) = axes.split_first() else {
        return Vec::new();
    };
    let mut regions = Vec::new();
    for (firsts, rests) in by_first {
        let head = Region::from([(*first_axis, firsts.into_iter().collect())]);
        match rest_axes {
            [axis] => {
                let mut region = head;
                region.insert(*axis, rests.into_iter().flatten().collect());
                regions.push(region);
            }
            several => regions.extend(rests.iter().map(|rest| {
                let mut region = head.clone();
                for (axis, class) in several.iter().zip(rest) {
                    region.insert(*axis, BitSet::from_iter([*class]));
                }
                region
            })),
        }
    }
    regions
}

fn narrow(region: &mut Region, axis: usize, classes: &BitSet) {
    match region.get_mut(&axis) {
        Some(own) => own.intersect_with(classes),
        None => {
            region.insert(axis, classes.clone());
        }
    }
}

fn both(one: &Region, other: &Region) -> Region {
    let mut region = one.clone();
    other
        .iter()
        .for_each(|(axis, classes)| narrow(&mut region, *axis, classes));
    region
}

/// First the axes on which what differs between the sets says most.
fn order(space: &Space, regions: &[Regions; 2]) -> Vec<usize> {
    let [old, new] = regions;
    let (old, new) = (old.all(), new.all());
    let differing: Vec<&Region> = old.symmetric_difference(&new).copied().collect();
    let mut axes: Vec<usize> = (0..space.axes.len()).collect();
    axes.sort_by_cached_key(|axis| {
        let count = space.axes.get(*axis).map_or(0, |axis| axis.classes.len());
        let mut inside = BitSet::new();
        let mut is_whole = false;
        for region in &differing {
            match region.get(axis) {
                Some(classes) => inside.union_with(classes),
                None => is_whole = true,
            }
        }
        let inside = if is_whole { count } else { inside.len() };
        inside.saturating_mul(1000).checked_div(count.max(1)).unwrap_or(0)
    });
    axes
}

impl Boxes {
    /// The number of a region; `None` for an empty one.
    fn number(&mut self, region: &Region, order: &[usize]) -> Option<usize> {
        let mut rest = EVERYTHING;
        for (level, axis) in order.iter().enumerate().rev() {
            let Some(classes) = region.get(axis) else { continue };
            let size = classes.len();
            if size == 0 {
                return None;
            }
            if self.counts.get(*axis).is_none_or(|count| size < *count) {
                rest = self.node(level, classes, rest);
            }
        }
        Some(rest)
    }

    fn node(&mut self, level: usize, classes: &BitSet, rest: usize) -> usize {
        let next = self.sets.len();
        let set = *self.set_numbers.entry(classes.clone()).or_insert(next);
        if set == next {
            self.sets.push(classes.clone());
        }
        let node = Node { level, set, rest };
        let next = self.nodes.len();
        let number = *self.node_numbers.entry(node).or_insert(next);
        if number == next {
            self.nodes.push(node);
        }
        number.saturating_add(1)
    }

    /// What the box asks of the first axis that it looks at; `None` for the one that asks nothing.
    pub(super) fn node_of(&self, number: usize) -> Option<Node> {
        self.nodes.get(number.checked_sub(1)?).copied()
    }

    /// The classes that the box asks for there.
    pub(super) fn classes_of(&self, node: Node) -> impl Iterator<Item = usize> {
        self.sets.get(node.set).into_iter().flatten()
    }

    pub(super) fn has(&self, node: Node, class: usize) -> bool {
        self.sets
            .get(node.set)
            .is_some_and(|classes| classes.contains(class))
    }
}

impl Half {
    /// Every request is denied.
    pub(super) fn denied() -> Self {
        Self::default()
    }

    /// Every request is allowed.
    pub(super) fn allowed() -> Self {
        Self {
            denies: Vec::new(),
            allows: vec![EVERYTHING],
        }
    }

    /// The same decisions in the one form that they have.
    pub(super) fn simplified(mut self) -> Self {
        self.sort();
        self.denies
            .retain(|(_, lifters)| lifters.first() != Some(&EVERYTHING));
        let is_denied = self
            .denies
            .iter()
            .any(|(number, lifters)| *number == EVERYTHING && lifters.is_empty());
        if is_denied || self.allows.is_empty() {
            return Self::denied();
        }
        if self.allows.first() == Some(&EVERYTHING) {
            self.allows = vec![EVERYTHING];
        }
        self
    }

    /// How many boxes deny or allow.
    pub(super) fn len(&self) -> usize {
        self.denies.len().saturating_add(self.allows.len())
    }

    /// The same boxes in one order, each once.
    pub(super) fn sort(&mut self) {
        for (_, lifters) in &mut self.denies {
            lifters.sort_unstable();
            lifters.dedup();
        }
        self.denies.sort_unstable();
        self.denies.dedup();
        self.allows.sort_unstable();
        self.allows.dedup();
    }

    /// Every box that it has.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        let denies = self.denies.iter();
        let denies =
            denies.flat_map(|(number, lifters)| std::iter::once(*number).chain(lifters.iter().copied()));
        denies.chain(self.allows.iter().copied())
    }
}
