//! [`Layer`]: policies that do the same, with one index over all of their rules.

use crate::decision::PolicyId;
use crate::index::{Index, Wanted};
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

    /// The rule of this number, if it is what is sought.
    fn found(&self, rule: u32, sought: Sought<'_>, facts: &Facts<'_>) -> Option<Found<'_>> {
        let number = self
            .starts
            .partition_point(|start| *start <= rule)
            .checked_sub(1)?;
        let index = rule.checked_sub(*self.starts.get(number)?)?;
        self.policies.get(number)?.found((number, index), sought, facts)
    }
}

impl<'p> Run<'p> {
    /// The first rule that is sought. Nothing is allocated.
    pub(crate) fn first(self, sought: Sought<'_>, facts: &Facts<'_>) -> Option<Found<'p>> {
        let wanted = match sought {
            Sought::Applying | Sought::LackingSourceIp => Wanted::Possible,
            Sought::Matching | Sought::Lifting(_) => Wanted::Certain,
        };
        let mut start = self.start;
        loop {
            let batch = self.layer.index.search(facts, wanted, start, self.end);
            let mut rules = batch.rules().iter();
            let found = rules.find_map(|rule| self.layer.found(*rule, sought, facts));
            if found.is_some() {
                return found;
            }
            start = batch.next_start()?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::Attribute;
    use crate::profile::Profile;
    use crate::request::{Peer, Protocol, Request};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Policies with so many rules each, all of which match everything.
    fn layer(rules: &[usize]) -> Layer {
        let policy = |(name, count): (usize, &usize)| Policy {
            id: PolicyId {
                namespace: String::new(),
                name: name.to_string(),
            },
            rules: (0..*count)
                .map(|_| Rule::new(Vec::new(), Vec::new(), Vec::new()))
                .collect(),
            exception: None,
            deny_response: None,
        };
        Layer::new(rules.iter().enumerate().map(policy).collect())
    }

    fn with_facts<T>(judge: impl FnOnce(&Facts<'_>) -> T) -> T {
        let request = Request::absent(Protocol::Http);
        judge(&Facts {
            profile: Profile::Istio,
            trust_domains: &[],
            identity: Attribute::Absent,
            peer: Peer::Plaintext,
            request: &request,
            path: Attribute::Absent,
        })
    }

    fn name(found: Found<'_>) -> (String, usize) {
        (found.rule.policy.name.clone(), found.rule.index)
    }

    #[test]
    fn the_first_rule_of_each_policy_is_found_and_a_policy_without_rules_has_none() {
        let layer = layer(&[0, 3, 0, 0, 1, 600, 0]);
        with_facts(|facts| {
            let found = layer.rules().each(Sought::Applying, facts).map(name);
            let expected = ["1", "4", "5"].map(|policy| (policy.to_owned(), 0));
            assert!(found.eq(expected));
        });
    }

    #[test]
    fn the_rules_of_one_policy_are_searched_alone() {
        let layer = layer(&[0, 3, 0, 1]);
        with_facts(|facts| {
            let first = |policy| layer.rules_of(policy).first(Sought::Matching, facts).map(name);
            assert_eq!(first(0), None);
            assert_eq!(first(1), Some(("1".to_owned(), 0)));
            assert_eq!(first(2), None);
            assert_eq!(first(3), Some(("3".to_owned(), 0)));
            assert_eq!(first(4), None);
        });
    }

    #[test]
    fn nothing_is_found_in_a_layer_without_policies() {
        with_facts(|facts| assert!(layer(&[]).rules().first(Sought::Applying, facts).is_none()));
    }
}
