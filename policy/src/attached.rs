//! [`Attached`]: the policies that apply to the workload, by what they do.

use crate::input::Inputs;
use crate::rule::header_names::HeaderNames;
use crate::rule::policy::Policy;

/// Each list in policy order: by age, then name, then namespace.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) deny: Vec<Policy>,
    pub(crate) allow: Vec<Policy>,
    /// Policies that mark requests and never decide.
    pub(crate) audit: Vec<Policy>,
    /// Policies that are not in force (S-8).
    pub(crate) dry_run: Vec<DryRun>,
}

/// A policy that is judged without being in force (S-8).
#[derive(Clone, Debug)]
pub(crate) struct DryRun {
    pub(crate) effect: DryRunEffect,
    pub(crate) policy: Policy,
}

/// What a dry-run policy would do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DryRunEffect {
    Deny,
    Allow,
}

impl Attached {
    /// Every policy.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Policy> {
        let dry_run = self.dry_run.iter().map(|dry_run| &dry_run.policy);
        self.enforced().chain(&self.audit).chain(dry_run)
    }

    /// The policies that decide.
    fn enforced(&self) -> impl Iterator<Item = &Policy> {
        self.deny.iter().chain(&self.allow)
    }

    /// The dry-run policies that would do this.
    pub(crate) fn dry_run_to(&self, effect: DryRunEffect) -> impl Iterator<Item = &Policy> + Clone {
        self.dry_run
            .iter()
            .filter(move |dry_run| dry_run.effect == effect)
            .map(|dry_run| &dry_run.policy)
    }

    /// Everything that any of them reads.
    pub(crate) fn inputs(&self) -> Inputs {
        Inputs::all(self.all().map(Policy::inputs))
    }

    /// Everything that those read that decide.
    pub(crate) fn enforced_inputs(&self) -> Inputs {
        Inputs::all(self.enforced().map(Policy::inputs))
    }

    /// The names of the headers that those read that decide.
    pub(crate) fn enforced_header_names(&self) -> HeaderNames {
        let mut names = HeaderNames::default();
        self.enforced().for_each(|policy| policy.name_headers(&mut names));
        names
    }
}
