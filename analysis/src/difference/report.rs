//! [`compare`]: what changes for one workload, confirmed by the engine, and how much was looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use spiffe_authz_policy::{ConfigErrors, Decision, PolicySet, Profile, RequestDocument};

use crate::difference::Dimension;
use crate::difference::boxes::Problem;
use crate::difference::candidates::{Background, Candidates, candidates};
use crate::difference::clause::Clause;
use crate::difference::describe::{Described, Words};
use crate::difference::fragment::{Fragment, Fragments, is_jwt_metadata, request};
use crate::difference::scene::Scene;
use crate::difference::side::{Attached, Effect, Side};
use crate::difference::solve::{Bounds, Cell, Direction, Solution, solve};
use crate::difference::space::{Judges, Space, document};
use crate::difference::target::Target;

/// Bounds on the work for one scene of one workload.
const BOUNDS: Bounds = Bounds {
    steps: 400_000_000,
    cells: 5_000,
};
/// How many classes of each dimension are tried when a change is confirmed.
const TRIED: usize = 6;

/// What changes for the workloads of a group.
#[derive(Clone, Debug)]
pub struct TargetDifference {
    /// Every class of requests whose decision changes.
    pub changes: Vec<Change>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// A class of requests whose decision changes the same way.
#[derive(Clone, Debug)]
pub struct Change {
    /// Which way.
    pub direction: Direction,
    /// How the requests come in.
    pub scene: Scene,
    /// What the requests have; dimensions that are not named may be anything.
    pub requests: Vec<Described>,
    /// One of them, as a request document.
    pub example: Value,
    /// What the old set decides about the example.
    pub old: Verdict,
    /// What the new set decides about it.
    pub new: Verdict,
    /// What else is said about other requests of the class: old and new.
    pub others: Vec<(Verdict, Verdict)>,
}

/// A decision in words.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Verdict {
    /// `allow` or `deny`.
    pub effect: &'static str,
    /// The cause.
    pub cause: &'static str,
    /// `namespace/name`, where a rule decided.
    pub policy: Option<String>,
    /// The index of the rule.
    pub rule: Option<usize>,
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Each way in which requests come in.
    pub scenes: Vec<SceneCoverage>,
    /// What was left out.
    pub notes: Vec<String>,
}

/// What was looked at of one scene.
#[derive(Clone, Debug)]
pub struct SceneCoverage {
    /// The scene.
    pub scene: Scene,
    /// Each dimension in it.
    pub dimensions: Vec<DimensionCoverage>,
    /// How many combinations of classes there are: all of them are decided.
    pub combinations: u128,
    /// How many steps that took.
    pub steps: u64,
    /// Whether a bound was hit, so that some are not.
    pub is_bounded: bool,
}

/// What was looked at of one dimension.
#[derive(Clone, Debug)]
pub struct DimensionCoverage {
    /// The dimension.
    pub dimension: Dimension,
    /// How many values were tried.
    pub values: usize,
    /// How many classes they are in.
    pub classes: usize,
}

/// Why two policy sets cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum DifferenceError {
    /// One of them is invalid for the workload.
    #[error("{0}")]
    Invalid(#[from] ConfigErrors),
    /// What was worked out is not what the engine decides: a fault of this program.
    #[error("internal error: worked out as {expected:?}, and decided otherwise: {request}")]
    Unconfirmed {
        /// What was worked out.
        expected: Direction,
        /// The request.
        request: Value,
    },
}

/// What both sets decide about a workload by.
type Fingerprints = (Vec<usize>, Vec<usize>);

/// The targets whose decisions are made of the same resources, together.
#[must_use]
pub fn groups(old: &Side, new: &Side, targets: Vec<Target>) -> Vec<Vec<Target>> {
    let mut groups: Vec<(Fingerprints, Vec<Target>)> = Vec::new();
    for target in targets {
        let key = (
            old.fingerprint(&target.workload),
            new.fingerprint(&target.workload),
        );
        match groups.iter_mut().find(|(own, _)| *own == key) {
            Some((_, group)) => group.push(target),
            None => groups.push((key, vec![target])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What changes from the old set to the new one for a workload. `progress` is told after each of the scenes how many are
/// done, and how many there are.
///
/// # Errors
/// A set that the engine refuses for this workload.
pub fn compare(
    old: &Side,
    new: &Side,
    target: &Target,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<TargetDifference, DifferenceError> {
    let solved = Solved::new(old, new, target, progress)?;
    let mut difference = TargetDifference {
        changes: Vec::new(),
        coverage: Coverage::default(),
    };
    for (dimension, found) in &solved.candidates {
        let notes = found.notes.iter().map(|note| format!("{dimension}: {note}"));
        difference.coverage.notes.extend(notes);
    }
    for scene in &solved.scenes {
        difference.coverage.scenes.push(scene.coverage());
        difference
            .coverage
            .notes
            .extend(scene.space.notes.iter().cloned());
        let words = Words::new(&scene.space, solved.attached());
        let mut changes = Vec::new();
        for cell in &scene.solution.cells {
            changes.push(scene.change(cell, &words, solved.sets())?);
        }
        difference.changes.extend(changes);
    }
    difference.coverage.notes.sort();
    difference.coverage.notes.dedup();
    difference.changes.sort_by_key(|change| change.direction);
    Ok(difference)
}

/// Both sets for one workload, with everything that was worked out.
pub(super) struct Solved {
    old: Attached,
    new: Attached,
    pub(super) candidates: BTreeMap<Dimension, Candidates>,
    pub(super) scenes: Vec<SolvedScene>,
}

/// One scene, worked out.
pub(super) struct SolvedScene {
    pub(super) space: Space,
    problem: Problem,
    pub(super) solution: Solution,
}

impl Solved {
    pub(super) fn new(
        old: &Side,
        new: &Side,
        target: &Target,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Self, DifferenceError> {
        let (old_attached, new_attached) = (old.attached(&target.workload)?, new.attached(&target.workload)?);
        let attached = [&old_attached, &new_attached];
        let clauses: BTreeSet<Clause> = attached
            .iter()
            .flat_map(|one| one.clauses.iter().cloned())
            .collect();
        let clauses: Vec<Clause> = clauses.into_iter().filter(is_solvable).collect();
        let candidates = candidates(&clauses, &background([old, new], attached));
        let with_handed_on = attached.iter().any(|one| one.set.peer_principal_key().is_some());
        let all = Scene::all(with_handed_on);
        let judges = Judges::new([old, new], attached)?;
        let mut scenes = Vec::new();
        for (done, scene) in all.iter().enumerate() {
            progress(done, all.len());
            let space = judges.space(*scene, &candidates)?;
            let problem = Problem::new(&space, attached);
            let counts = problem.order.iter().filter_map(|axis| space.axes.get(*axis));
            let counts: Vec<usize> = counts.map(|axis| axis.classes.len()).collect();
            let solution = solve(&problem, &counts, BOUNDS);
            scenes.push(SolvedScene {
                space,
                problem,
                solution,
            });
        }
        progress(all.len(), all.len());
        Ok(Self {
            old: old_attached,
            new: new_attached,
            candidates,
            scenes,
        })
    }

    pub(super) fn attached(&self) -> [&Attached; 2] {
        [&self.old, &self.new]
    }

    pub(super) fn sets(&self) -> [&PolicySet; 2] {
        [&self.old.set, &self.new.set]
    }
}

/// Whether values can be made for the clause without those of another in the way.
fn is_solvable(clause: &Clause) -> bool {
    !matches!(clause.dimension(), Dimension::Metadata { namespace, .. } if is_jwt_metadata(&namespace))
}

fn background(sides: [&Side; 2], attached: [&Attached; 2]) -> Background {
    let mut trust_domains = Vec::new();
    for side in sides {
        let aliases = side.stated.trust_domain_aliases.iter();
        let all = std::iter::once(&side.stated.trust_domain).chain(aliases);
        trust_domains.extend(all.map(|domain| domain.as_str().to_owned()));
    }
    let mode_ports: Vec<u16> = sides.iter().flat_map(|side| side.mode_ports()).collect();
    let [old, new] = attached.map(|one| one.set.mtls_mode());
    let ends = attached
        .iter()
        .flat_map(|one| &one.alternatives)
        .filter_map(|alternative| match &alternative.effect {
            Effect::Except(until, _) => Some(*until),
            Effect::Deny(_) | Effect::Allow => None,
        });
    let settings = |side: &Side| {
        let named = |wanted: &str| {
            side.settings
                .iter()
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.clone())
        };
        (named("ambiguousPaths"), named("profile"))
    };
    let [first, second] = sides;
    let has_allowed = |side: &Side| settings(side).0.is_some();
    let reads_paths = attached.map(|one| one.set.reads(spiffe_authz_policy::Input::Path));
    let [first_reads, second_reads] = reads_paths;
    Background {
        trust_domains,
        denied: sides.iter().flat_map(|side| side.denied_ids()).collect(),
        ports_matter: !mode_ports.is_empty() || old != new,
        mode_ports,
        ends: ends.collect(),
        allows_doubtful: sides.iter().any(|side| side.stated.profile == Profile::Istio),
        ambiguity_matters: settings(first) != settings(second)
            || has_allowed(first)
            || has_allowed(second)
            || first_reads != second_reads,
    }
}

impl SolvedScene {
    fn coverage(&self) -> SceneCoverage {
        let dimensions = self.space.axes.iter().map(|axis| DimensionCoverage {
            dimension: axis.dimension.clone(),
            values: axis.candidates,
            classes: axis.classes.len(),
        });
        let combinations = self.space.axes.iter().fold(1_u128, |all, axis| {
            all.saturating_mul(u128::try_from(axis.classes.len()).unwrap_or(u128::MAX))
        });
        SceneCoverage {
            scene: self.space.scene,
            dimensions: dimensions.collect(),
            combinations,
            steps: self.solution.steps,
            is_bounded: self.solution.is_bounded,
        }
    }

    /// For each axis the classes of a cell: all where it names none.
    pub(super) fn classes(&self, cell: &Cell) -> Vec<Vec<usize>> {
        let mut all: Vec<Vec<usize>> = self
            .space
            .axes
            .iter()
            .map(|axis| (0..axis.classes.len()).collect())
            .collect();
        for (level, classes) in &cell.classes {
            let own = self.problem.order.get(*level).and_then(|axis| all.get_mut(*axis));
            if let Some(own) = own {
                own.clone_from(classes);
            }
        }
        all
    }

    /// Describes a cell, after the engine has said that it is one.
    fn change(&self, cell: &Cell, words: &Words, sets: [&PolicySet; 2]) -> Result<Change, DifferenceError> {
        let classes = self.classes(cell);
        let first = self.fragments(&classes);
        let (old, new) = self.confirmed(&first, cell, sets)?;
        let mut others = BTreeSet::new();
        for (axis, own) in self.space.axes.iter().zip(&classes) {
            let fragments = own
                .iter()
                .take(TRIED)
                .filter_map(|class| axis.classes.get(*class));
            for fragment in fragments.flat_map(|class| &class.fragments) {
                let mut changed = first.clone();
                changed.insert(axis.dimension.clone(), fragment.clone());
                others.insert(self.confirmed(&changed, cell, sets)?);
            }
        }
        others.remove(&(old.clone(), new.clone()));
        let axes = self.space.axes.iter().enumerate().zip(&classes);
        let requests: Vec<Described> = axes
            .filter(|((_, axis), classes)| classes.len() < axis.classes.len())
            .map(|((index, axis), classes)| words.describe(index, axis, classes))
            .collect();
        let example = self.shortest(&first, &requests, (&old, &new), sets)?;
        Ok(Change {
            direction: cell.direction,
            scene: self.space.scene,
            requests,
            example,
            old,
            new,
            others: others.into_iter().collect(),
        })
    }

    fn fragments(&self, classes: &[Vec<usize>]) -> Fragments {
        let axes = self.space.axes.iter().zip(classes);
        let first = axes.filter_map(|(axis, classes)| {
            let class = axis.classes.get(*classes.first()?)?;
            Some((axis.dimension.clone(), class.fragments.first()?.clone()))
        });
        first.collect()
    }

    fn confirmed(
        &self,
        fragments: &Fragments,
        cell: &Cell,
        sets: [&PolicySet; 2],
    ) -> Result<(Verdict, Verdict), DifferenceError> {
        let decided = self.decided(fragments, sets)?;
        let expected = match cell.direction {
            Direction::NewlyAllowed => ("deny", "allow"),
            Direction::NewlyDenied => ("allow", "deny"),
        };
        if (decided.0.effect, decided.1.effect) == expected {
            return Ok(decided);
        }
        Err(DifferenceError::Unconfirmed {
            expected: cell.direction,
            request: request(self.space.scene, fragments),
        })
    }

    fn decided(
        &self,
        fragments: &Fragments,
        sets: [&PolicySet; 2],
    ) -> Result<(Verdict, Verdict), ConfigErrors> {
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

impl Verdict {
    /// The decision of a set on a request.
    #[must_use]
    pub fn of(set: &PolicySet, request: &RequestDocument) -> Self {
        request.with_request(|request| Self::from(&set.decide(request)))
    }
}

impl From<&Decision<'_>> for Verdict {
    fn from(decision: &Decision<'_>) -> Self {
        let rule = decision.rule();
        Self {
            effect: decision.effect(),
            cause: decision.code(),
            policy: rule.map(|rule| rule.policy.to_string()),
            rule: rule.map(|rule| rule.index),
        }
    }
}
