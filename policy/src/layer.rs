//! [`Layer`]: policies that do the same, with one index over all of their rules.

use crate::decision::PolicyId;
use crate::index::{Index, Visitor, Wanted};
use crate::input::Inputs;
use crate::rule::Rule;
use crate::rule::facts::Facts;
use crate::rule::policy::{Found, Policy};

/// Policies in policy order. Their rules are numbered through: in policy order, then rule index.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    policies: Box<[Policy]>,
    /// Of each policy the number of its first rule.
    starts: Box<[u32]>,
    /// Of each policy what it reads.
    inputs: Box<[Inputs]>,
    index: Index,
}

/// The rules of a layer from one number up to another.
#[derive(Clone, Copy)]
pub(crate) struct Run<'p> {
    layer: &'p Layer,
    start: u32,
    end: u32,
}

/// Which rule is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sought<'s> {
    /// One that matches or cannot be shown not to: for DENY and AUDIT.
    Applying,
    /// One that matches for certain: for ALLOW.
    Matching,
    /// The same, of an exception from this DENY policy (E-7).
    Lifting(&'s PolicyId),
    /// One that would have to be known to match, had the direct peer address been readable.
    LackingSourceIp,
}

impl Layer {
    pub(crate) fn new(policies: Vec<Policy>) -> Self {
        let rules: Vec<&Rule> = policies.iter().flat_map(|policy| &policy.rules).collect();
        let index = Index::new(&rules);
        let mut next = 0_u32;
        let starts = policies.iter().map(|policy| {
            let start = next;
            next = next.saturating_add(policy.rule_count());
            start
        });
        Self {
            starts: starts.collect(),
            inputs: policies.iter().map(Policy::inputs).collect(),
            policies: policies.into(),
            index,
        }
    }

    pub(crate) fn policies(&self) -> &[Policy] {
        &self.policies
    }

    #[cfg(feature = "linear-walk")]
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// What the policy of this number reads.
    pub(crate) fn inputs_of(&self, policy: usize) -> Inputs {
        self.inputs.get(policy).copied().unwrap_or_default()
    }

    /// All rules.
    pub(crate) fn rules(&self) -> Run<'_> {
        Run {
            layer: self,
            start: 0,
            end: u32::MAX,
        }
    }

    /// The rules of the policy of this number.
    pub(crate) fn rules_of(&self, policy: usize) -> Run<'_> {
        let start = |policy: usize| self.starts.get(policy).copied().unwrap_or(u32::MAX);
        Run {
            layer: self,
            start: start(policy),
            end: start(policy.saturating_add(1)),
        }
    }

    /// The number of the policy that the rule is of.
    fn policy_of(&self, rule: u32) -> Option<usize> {
        self.starts.partition_point(|start| *start <= rule).checked_sub(1)
    }
}

impl<'p> Run<'p> {
    /// The first rule that is sought. Nothing is allocated.
    pub(crate) fn first(self, sought: Sought<'_>, facts: &Facts<'_>) -> Option<Found<'p>> {
        let wanted = match sought {
            Sought::Applying | Sought::LackingSourceIp => Wanted::Possible,
            Sought::Matching | Sought::Lifting(_) => Wanted::Certain,
        };
        let mut first = First {
            run: self,
            sought,
            facts,
            found: None,
        };
        self.layer.index.search(facts, wanted, &mut first);
        first.found
    }

    /// Of every policy the first rule that is sought.
    pub(crate) fn each(self, sought: Sought<'_>, facts: &Facts<'_>) -> impl Iterator<Item = Found<'p>> {
        let mut rest = self;
        std::iter::from_fn(move || {
            let found = rest.first(sought, facts)?;
            rest.start = rest.layer.rules_of(found.policy_number).end;
            Some(found)
        })
    }
}

/// The first rule so far.
struct First<'p, 's, 'f> {
    run: Run<'p>,
    sought: Sought<'s>,
    facts: &'f Facts<'f>,
    found: Option<Found<'p>>,
}

impl First<'_, '_, '_> {
    fn is_in_run(&self, rule: u32) -> bool {
        (self.run.start..self.run.end).contains(&rule)
    }
}

impl Visitor for First<'_, '_, '_> {
    fn end(&self) -> u32 {
        self.run.end
    }

    fn visit(&mut self, rule: u32) {
        if !self.is_in_run(rule) {
            return;
        }
        let layer = self.run.layer;
        let found = layer.policy_of(rule).and_then(|number| {
            let index = rule.checked_sub(*layer.starts.get(number)?)?;
            layer
                .policies
                .get(number)?
                .found((number, index), self.sought, self.facts)
        });
        if found.is_some() {
            self.run.end = rule;
            self.found = found;
        }
    }
}
