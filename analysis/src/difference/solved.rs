//! [`Solved`]: two policy sets for one workload, worked out scene by scene.

use std::collections::{BTreeMap, BTreeSet};

use spiffe_authz_policy::{PolicySet, Profile};

use crate::difference::Dimension;
use crate::difference::boxes::Problem;
use crate::difference::candidates::{Background, Candidates, candidates};
use crate::difference::clause::Clause;
use crate::difference::fragment::is_jwt_metadata;
use crate::difference::judges::Judges;
use crate::difference::report::{DifferenceError, DimensionCoverage, SceneCoverage};
use crate::difference::scene::Scene;
use crate::difference::side::{Attached, Effect, Side};
use crate::difference::solve::{Bounds, Cell, Solution, solve};
use crate::difference::space::Space;
use crate::difference::target::Target;

/// Bounds on the work for one scene of one workload.
const BOUNDS: Bounds = Bounds {
    steps: 400_000_000,
    cells: 5_000,
};

/// Both sets for one workload, with everything that was worked out.
pub(super) struct Solved {
    old: Attached,
    new: Attached,
    /// What is not solved, in whatever scene.
    pub(super) notes: Vec<String>,
    pub(super) candidates: BTreeMap<Dimension, Candidates>,
    pub(super) scenes: Vec<SolvedScene>,
}

/// One scene, worked out.
pub(super) struct SolvedScene {
    pub(super) space: Space,
    pub(super) problem: Problem,
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
        let (clauses, unsolvable): (Vec<Clause>, Vec<Clause>) = clauses.into_iter().partition(is_solvable);
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
            notes: unsolvable.iter().map(unsolved).collect(),
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

impl SolvedScene {
    pub(super) fn coverage(&self) -> SceneCoverage {
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

    /// By axis the classes of a cell, as far as it names axes.
    pub(super) fn classes(&self, cell: &Cell) -> BTreeMap<usize, Vec<usize>> {
        let named = cell.classes.iter();
        let axes =
            named.filter_map(|(level, classes)| Some((*self.problem.order.get(*level)?, classes.clone())));
        axes.collect()
    }
}

/// Whether values can be made for the clause without those of another in the way.
fn is_solvable(clause: &Clause) -> bool {
    !matches!(clause.dimension(), Dimension::Metadata { namespace, .. } if is_jwt_metadata(&namespace))
}

/// What is said of a clause for which none can.
fn unsolved(clause: &Clause) -> String {
    format!(
        "{}: not solved: the claims of a JWT stand in this namespace, and a request has either them or metadata of its own; \
         looked at as absent",
        clause.dimension()
    )
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
