//! [`Attached`]: the policies that apply to the workload, by what they do.

use crate::decision::PolicyId;
use crate::input::Inputs;
use crate::layer::{Layer, Run};
use crate::rule::header_names::HeaderNames;
use crate::rule::policy::Policy;

/// Each layer in policy order: by age, then name, then namespace.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    pub(crate) deny: Layer,
    pub(crate) allow: Layer,
    /// Policies that mark requests and never decide.
    pub(crate) audit: Layer,
    /// Policies that are not in force (S-8).
    pub(crate) dry_run: DryRuns,
}

/// Policies that are judged without being in force (S-8), by what they would do.
#[derive(Clone, Debug)]
pub(crate) struct DryRuns {
    pub(crate) deny: DryRunLayer,
    pub(crate) allow: DryRunLayer,
    /// Everything that any of them reads.
    pub(crate) inputs: Inputs,
}

/// Policies that would do the same.
#[derive(Clone, Debug)]
pub(crate) struct DryRunLayer {
    pub(crate) layer: Layer,
    /// Of each policy its place among all that are not in force.
    ranks: Box<[usize]>,
}

/// What a dry-run policy would do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DryRunEffect {
    Deny,
    Allow,
}

/// A dry-run policy.
#[derive(Clone, Copy)]
pub(crate) struct DryRun<'p> {
    pub(crate) effect: DryRunEffect,
    pub(crate) rank: usize,
    pub(crate) id: &'p PolicyId,
    #[cfg(feature = "linear-walk")]
    pub(crate) policy: &'p Policy,
    pub(crate) rules: Run<'p>,
    pub(crate) inputs: Inputs,
}

impl Attached {
    /// Every policy.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Policy> {
        let DryRuns { deny, allow, .. } = &self.dry_run;
        let watching = [&self.audit, &deny.layer, &allow.layer];
        self.enforced()
            .chain(watching.into_iter().flat_map(Layer::policies))
    }

    /// The policies that decide.
    fn enforced(&self) -> impl Iterator<Item = &Policy> {
        [&self.deny, &self.allow].into_iter().flat_map(Layer::policies)
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

impl DryRuns {
    /// From the policies in their order.
    pub(crate) fn new(policies: Vec<(DryRunEffect, Policy)>) -> Self {
        let inputs = Inputs::all(policies.iter().map(|(_, policy)| policy.inputs()));
        let (mut deny, mut allow) = (Vec::new(), Vec::new());
        for (rank, (effect, policy)) in policies.into_iter().enumerate() {
            match effect {
                DryRunEffect::Deny => deny.push((rank, policy)),
                DryRunEffect::Allow => allow.push((rank, policy)),
            }
        }
        Self {
            deny: DryRunLayer::new(deny),
            allow: DryRunLayer::new(allow),
            inputs,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.deny.is_empty() && self.allow.is_empty()
    }

    /// Every policy in its order.
    pub(crate) fn all(&self) -> Vec<DryRun<'_>> {
        let deny = self.deny.all(DryRunEffect::Deny);
        let mut all: Vec<_> = deny.chain(self.allow.all(DryRunEffect::Allow)).collect();
        all.sort_unstable_by_key(|dry_run| dry_run.rank);
        all
    }
}

impl DryRunLayer {
    fn new(policies: Vec<(usize, Policy)>) -> Self {
        let (ranks, policies): (Vec<_>, _) = policies.into_iter().unzip();
        Self {
            layer: Layer::new(policies),
            ranks: ranks.into(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// Every policy in its order.
    fn all(&self, effect: DryRunEffect) -> impl Iterator<Item = DryRun<'_>> {
        (0..self.ranks.len()).filter_map(move |number| self.get(effect, number))
    }

    /// The policy of this number in the layer.
    pub(crate) fn get(&self, effect: DryRunEffect, number: usize) -> Option<DryRun<'_>> {
        let policy = self.layer.policies().get(number)?;
        Some(DryRun {
            effect,
            rank: *self.ranks.get(number)?,
            id: &policy.id,
            #[cfg(feature = "linear-walk")]
            policy,
            rules: self.layer.rules_of(number),
            inputs: self.layer.inputs_of(number),
        })
    }
}
