//! [`TargetDifference`]: what changes for one workload, and how much was looked at.

use serde_json::Value;
use spiffe_authz_policy::{ConfigErrors, Decision, PolicySet, RequestDocument};

use crate::difference::describe::Described;
use crate::difference::scene::Scene;
use crate::difference::{Dimension, Direction};

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
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
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
