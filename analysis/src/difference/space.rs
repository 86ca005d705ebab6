//! [`Space`]: the requests of one scene, each dimension divided into classes that no policy tells apart.

use std::collections::{BTreeMap, HashMap};

use spiffe_authz_policy::{ConfigErrors, Decision, Denial, PolicySet, RequestDocument};

use crate::difference::Dimension;
use crate::difference::asked::{Asked, Truths};
use crate::difference::candidates::Candidates;
use crate::difference::clause::Clause;
use crate::difference::fragment::{Fragment, Fragments, request};
use crate::difference::scene::Scene;
use crate::difference::side::{Attached, Side};

/// How many combinations of values are asked for where a clause compares two attributes with each other.
const MOST_JOINT: usize = 300_000;
/// How many values of a class are kept beside the first one.
const KEPT: usize = 3;

/// One scene.
pub(super) struct Space {
    pub(super) scene: Scene,
    pub(super) axes: Vec<Axis>,
    pub(super) sides: [Judged; 2],
    pub(super) notes: Vec<String>,
}

/// One dimension of it.
pub(super) struct Axis {
    pub(super) dimension: Dimension,
    pub(super) classes: Vec<Class>,
    pub(super) candidates: usize,
    /// From what is known of a value to its class.
    by_signature: HashMap<Vec<usize>, usize>,
}

/// Values that neither policy set tells apart.
#[derive(Clone, Debug)]
pub(super) struct Class {
    pub(super) fragments: Vec<Fragment>,
}

/// What one of the sets says about the classes.
pub(super) struct Judged {
    /// Whether every request of the scene is denied before policies are asked.
    pub(super) is_closed: bool,
    /// For each axis, the classes that are denied before policies are asked.
    pub(super) gates: Vec<Vec<bool>>,
    /// For each clause what it holds of.
    pub(super) clauses: Vec<Held>,
}

/// What a clause holds of.
pub(super) enum Held {
    /// All requests of the scene, or none: for certain, and possibly.
    Always(bool, bool),
    /// Classes of one axis.
    On {
        axis: usize,
        certain: Vec<bool>,
        possible: Vec<bool>,
    },
    /// Combinations of classes of several axes, by their numbers in the order of the axes.
    Jointly {
        axes: Vec<usize>,
        certain: Vec<Vec<usize>>,
        possible: Vec<Vec<usize>>,
    },
    /// It was not solved.
    Unsolved,
}

/// One of the sets while its values are looked at.
struct Judge<'j> {
    set: &'j PolicySet,
    asked: &'j Asked,
    clauses: &'j [Clause],
}

impl Judge<'_> {
    /// Whether the request is denied before any policy is asked.
    fn is_gated(&self, request: &RequestDocument) -> bool {
        request.with_request(|request| match self.set.decide(request) {
            Decision::Allow(_) => false,
            Decision::Deny(denial) => is_gate(&denial),
        })
    }
}

/// The request document with these values.
pub(super) fn document(scene: Scene, fragments: &Fragments) -> Result<RequestDocument, ConfigErrors> {
    RequestDocument::from_json(request(scene, fragments).to_string().as_bytes())
}

fn is_gate(denial: &Denial<'_>) -> bool {
    match denial {
        Denial::RequestTooLarge
        | Denial::MtlsRequired
        | Denial::PeerUnreadable
        | Denial::Identity(_)
        | Denial::AmbiguousHost
        | Denial::AmbiguousPath
        | Denial::TrailerInPolicy => true,
        Denial::MatchedDeny { .. }
        | Denial::SourceIpUnreadable(_)
        | Denial::NoAllowPolicy
        | Denial::NoMatchingAllow => false,
    }
}

/// The two sets and the engines for their clauses.
pub(super) struct Judges<'j> {
    pub(super) attached: [&'j Attached; 2],
    asked: [Asked; 2],
}

impl<'j> Judges<'j> {
    pub(super) fn new(sides: [&Side; 2], attached: [&'j Attached; 2]) -> Result<Self, ConfigErrors> {
        let [old, new] = sides;
        let [old_attached, new_attached] = attached;
        let ask = |side: &Side, attached: &Attached| {
            Asked::new(&side.settings, &side.stated.root_namespace, &attached.clauses)
        };
        Ok(Self {
            attached,
            asked: [ask(old, old_attached)?, ask(new, new_attached)?],
        })
    }

    fn each(&self) -> [Judge<'_>; 2] {
        let [old, new] = self.attached;
        let [old_asked, new_asked] = &self.asked;
        [(old, old_asked), (new, new_asked)].map(|(attached, asked)| Judge {
            set: &attached.set,
            asked,
            clauses: &attached.clauses,
        })
    }

    /// The classes of one scene.
    pub(super) fn space(
        &self,
        scene: Scene,
        candidates: &BTreeMap<Dimension, Candidates>,
    ) -> Result<Space, ConfigErrors> {
        let axes: Vec<(&Dimension, &[Fragment])> = candidates
            .iter()
            .filter(|(dimension, _)| scene.has(dimension))
            .map(|(dimension, candidates)| (dimension, candidates.fragments.as_slice()))
            .collect();
        let [old, new] = self.each();
        let mut notes = Vec::new();
        let old = Raw::new(&old, scene, &axes, &mut notes)?;
        let new = Raw::new(&new, scene, &axes, &mut notes)?;
        notes.sort();
        notes.dedup();
        let built = axes
            .iter()
            .enumerate()
            .map(|(index, (dimension, fragments))| Axis::new(index, dimension, fragments, [&old, &new]));
        let (axes, firsts): (Vec<Axis>, Vec<Vec<usize>>) = built.unzip();
        let sides = [old, new].map(|raw| raw.judged(&firsts));
        Ok(Space {
            scene,
            axes,
            sides,
            notes,
        })
    }
}

/// What one of the sets says about every value, before they are put into classes.
struct Raw {
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

/// The truth of a clause on every combination of the values of several axes.
struct Table {
    axes: Vec<usize>,
    rows: Vec<(Vec<usize>, bool, bool)>,
}

type Axes<'a> = [(&'a Dimension, &'a [Fragment])];

impl Raw {
    fn new(
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
    fn signature(&self, axis: usize, value: usize, signature: &mut Vec<usize>) {
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
    fn judged(self, firsts: &[Vec<usize>]) -> Judged {
        let mut clauses: Vec<Held> = Vec::new();
        for (clause, axes) in self.looks_at.iter().enumerate() {
            let truth = |list: &[usize]| list.binary_search(&clause).is_ok();
            clauses.push(match (axes.as_slice(), self.joint.get(&clause)) {
                ([], _) => Held::Always(truth(&self.constant.certain), truth(&self.constant.possible)),
                ([axis], _) => Held::nowhere(*axis, firsts.get(*axis).map_or(0, Vec::len)),
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

impl Held {
    fn nowhere(axis: usize, classes: usize) -> Self {
        Self::On {
            axis,
            certain: vec![false; classes],
            possible: vec![false; classes],
        }
    }

    fn mark(&mut self, axis: usize, class: usize, is_certain: bool) {
        match self {
            Self::On {
                axis: own,
                certain,
                possible,
            } if *own == axis => {
                let flags = if is_certain { certain } else { possible };
                flags.get_mut(class).into_iter().for_each(|flag| *flag = true);
            }
            Self::On { .. } | Self::Always(..) | Self::Jointly { .. } | Self::Unsolved => {}
        }
    }
}

impl Table {
    fn held(&self, firsts: &[Vec<usize>]) -> Held {
        let (mut certain, mut possible) = (Vec::new(), Vec::new());
        for (place, is_certain, is_possible) in &self.rows {
            let classes: Option<Vec<usize>> = place
                .iter()
                .zip(&self.axes)
                .map(|(value, axis)| firsts.get(*axis)?.iter().position(|first| first == value))
                .collect();
            let Some(classes) = classes else { continue };
            if *is_certain {
                certain.push(classes.clone());
            }
            if *is_possible {
                possible.push(classes);
            }
        }
        Held::Jointly {
            axes: self.axes.clone(),
            certain,
            possible,
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

/// Values with which a request gets to the policies; `None` where none does.
fn base(judge: &Judge<'_>, scene: Scene, axes: &Axes<'_>) -> Result<Option<Fragments>, ConfigErrors> {
    let values = |wanted: &Dimension| -> Vec<(Dimension, Fragment)> {
        let axis = axes.iter().find(|(dimension, _)| *dimension == wanted);
        let fragments = axis.map_or(&[][..], |(_, fragments)| fragments);
        fragments
            .iter()
            .map(|fragment| (wanted.clone(), fragment.clone()))
            .collect()
    };
    let (peers, ports) = (values(&Dimension::Peer), values(&Dimension::Port));
    let or_none = |values: Vec<(Dimension, Fragment)>| {
        let mut all: Vec<Option<(Dimension, Fragment)>> = values.into_iter().map(Some).collect();
        if all.is_empty() {
            all.push(None);
        }
        all
    };
    for port in or_none(ports) {
        for peer in or_none(peers.clone()) {
            let fragments: Fragments = [&port, &peer].into_iter().flatten().cloned().collect();
            if !judge.is_gated(&document(scene, &fragments)?) {
                return Ok(Some(fragments));
            }
        }
    }
    Ok(None)
}

/// Every combination of a number below each length.
fn combinations(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for length in lengths {
        let longer = all.iter().flat_map(|head: &Vec<usize>| {
            (0..*length).map(move |next| head.iter().copied().chain([next]).collect::<Vec<usize>>())
        });
        all = longer.collect();
    }
    all
}

impl Axis {
    /// Second: the first value of each class.
    fn new(
        index: usize,
        dimension: &Dimension,
        fragments: &[Fragment],
        sides: [&Raw; 2],
    ) -> (Self, Vec<usize>) {
        let mut axis = Self {
            dimension: dimension.clone(),
            classes: Vec::new(),
            candidates: fragments.len(),
            by_signature: HashMap::new(),
        };
        let mut firsts = Vec::new();
        for (value, fragment) in fragments.iter().enumerate() {
            let mut signature = Vec::new();
            sides
                .into_iter()
                .for_each(|raw| raw.signature(index, value, &mut signature));
            if *dimension == Dimension::Time {
                // An exception ends at each.
                signature.push(value);
            }
            let next = axis.classes.len();
            let class = *axis.by_signature.entry(signature).or_insert(next);
            match axis.classes.get_mut(class) {
                Some(class) if class.fragments.len() < KEPT => class.fragments.push(fragment.clone()),
                Some(_) => {}
                None => {
                    axis.classes.push(Class {
                        fragments: vec![fragment.clone()],
                    });
                    firsts.push(value);
                }
            }
        }
        (axis, firsts)
    }
}

#[cfg(test)]
impl Judges<'_> {
    /// For each axis the classes that the request may be in: those of which every clause on it says what it says of the
    /// request. A set that denies the request before any policy is asked says nothing.
    pub(super) fn fitting(&self, space: &Space, request: &RequestDocument) -> Vec<Vec<usize>> {
        let judges = self.each();
        let known: Vec<Option<Truths>> = judges
            .iter()
            .map(|judge| (!judge.is_gated(request)).then(|| judge.asked.truths(request, None)))
            .collect();
        let fits = |axis: usize, class: usize| {
            space.sides.iter().zip(&known).all(|(judged, known)| {
                let Some(known) = known else { return true };
                judged.clauses.iter().enumerate().all(|(number, held)| {
                    let Held::On {
                        axis: own,
                        certain,
                        possible,
                    } = held
                    else {
                        return true;
                    };
                    *own != axis
                        || (certain.get(class) == Some(&known.certain.contains(&number))
                            && possible.get(class) == Some(&known.possible.contains(&number)))
                })
            })
        };
        let axes = space.axes.iter().enumerate();
        axes.map(|(index, axis)| {
            (0..axis.classes.len())
                .filter(|class| fits(index, *class))
                .collect()
        })
        .collect()
    }
}
