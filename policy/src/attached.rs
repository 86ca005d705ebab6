//! [`Attached`]: the policies that apply to the workload, by what they do.

use crate::input::{Input, Inputs};
use crate::rule::Rule;
use crate::rule::policy::Policy;

/// Each list in policy order: by age, then name, then namespace.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) deny: Vec<Policy>,
    pub(crate) allow: Vec<Policy>,
    /// Policies that mark requests and never decide.
    pub(crate) audit: Vec<Policy>,
    /// DENY policies that are not in force (S-8).
    pub(crate) dry_run_deny: Vec<Policy>,
    /// ALLOW policies that are not in force (S-8).
    pub(crate) dry_run_allow: Vec<Policy>,
}

impl Attached {
    /// Every policy.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Policy> {
        let Self {
            deny,
            allow,
            audit,
            dry_run_deny,
            dry_run_allow,
        } = self;
        [deny, allow, audit, dry_run_deny, dry_run_allow]
            .into_iter()
            .flatten()
    }

    /// Everything that any of them reads.
    pub(crate) fn inputs(&self) -> Inputs {
        let of_policy = |policy: &Policy| {
            let rules = Inputs::all(policy.rules.iter().map(Rule::inputs));
            rules | Inputs::when(policy.exception.is_some(), Input::Time)
        };
        Inputs::all(self.all().map(of_policy))
    }
}
