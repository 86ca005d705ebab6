//! [`learn`]: one policy a workload.

use std::collections::{BTreeMap, BTreeSet};

use crate::learn::generalise::generalise;
use crate::learn::rules::rules;
use crate::learn::{Access, LearnOptions, LearnedRule, Minimality, Sighting, Target, Template};

/// What one workload admits, as it was seen.
#[derive(Clone, Debug)]
pub struct LearnedPolicy {
    /// The workload.
    pub target: Target,
    /// The rules.
    pub rules: Vec<LearnedRule>,
    /// Whether fewer rules would do.
    pub minimality: Minimality,
    /// Paths that stand for more than was seen.
    pub templates: Vec<Template>,
    /// All that is admitted: what was seen, with templates in place of the paths that they stand for.
    pub(super) admitted: BTreeSet<Access>,
}

/// The policy of a workload that admits what was seen, and no more than the options say.
#[must_use]
pub fn learn(target: Target, seen: &BTreeMap<Access, Sighting>, options: &LearnOptions) -> LearnedPolicy {
    let (admitted, templates) = generalise(seen.keys(), options);
    let (rules, minimality) = rules(&admitted);
    LearnedPolicy {
        target,
        rules,
        minimality,
        templates,
        admitted,
    }
}
