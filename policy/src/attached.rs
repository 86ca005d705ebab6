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
    pub(crate) deny: Layer,
    pub(crate) allow: Layer,
    /// All of them in their order: what they would do, and their numbers in the layer.
    order: Box<[(DryRunEffect, usize)]>,
    /// Everything that any of them reads.
    pub(crate) inputs: Inputs,
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
        let watching = [&self.audit, deny, allow];
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
        let place = |(effect, policy)| {
            let layer = match effect {
                DryRunEffect::Deny => &mut deny,
                DryRunEffect::Allow => &mut allow,
            };
            layer.push(policy);
            (effect, layer.len().saturating_sub(1))
        };
        let order = policies.into_iter().map(place).collect();
        Self {
            order,
            inputs,
            deny: Layer::new(deny),
            allow: Layer::new(allow),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Every policy in its order.
    pub(crate) fn all(&self) -> impl Iterator<Item = DryRun<'_>> {
        let order = self.order.iter();
        order.filter_map(|(effect, number)| self.get(*effect, *number))
    }

    /// The policy of this number among those that would do the same.
    pub(crate) fn get(&self, effect: DryRunEffect, number: usize) -> Option<DryRun<'_>> {
        let layer = self.layer(effect);
        let policy = layer.policies().get(number)?;
        Some(DryRun {
            effect,
            id: &policy.id,
            #[cfg(feature = "linear-walk")]
            policy,
            rules: layer.rules_of(number),
            inputs: layer.inputs_of(number),
        })
    }

    /// Those that would do this.
    pub(crate) fn layer(&self, effect: DryRunEffect) -> &Layer {
        match effect {
            DryRunEffect::Deny => &self.deny,
            DryRunEffect::Allow => &self.allow,
        }
    }
}
