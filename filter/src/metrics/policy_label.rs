//! [`NamedPolicies`]: which policies the label `policy` names, so that their number has a bound.

use std::collections::BTreeSet;
use std::fmt;

use spiffe_authz_policy::PolicyId;

/// How many policies are named in the life of a VM. A proxy forgets no series, so that the bound holds over all
/// configurations together.
pub(super) const MOST_NAMED: usize = 1_000;

/// The value of the label `policy`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum PolicyLabel<'p> {
    /// No policy stands behind it.
    None,
    /// A policy that has a series of its own.
    Named(&'p PolicyId),
    /// Any of the policies beyond the bound. No policy is named so: a name has a `/`.
    Other,
}

impl fmt::Display for PolicyLabel<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Named(policy) => policy.fmt(formatter),
            Self::Other => formatter.write_str("(other)"),
        }
    }
}

/// The policies that have series of their own: first come, first named, in the order of the configurations.
#[derive(Debug, Default)]
pub(super) struct NamedPolicies(BTreeSet<PolicyId>);

impl NamedPolicies {
    /// Names the policies of a configuration as far as the bound allows; how many of them stay without a name.
    pub(super) fn name<'p>(&mut self, policies: impl Iterator<Item = &'p PolicyId>) -> usize {
        policies.filter(|policy| !self.has_or_takes(policy)).count()
    }

    fn has_or_takes(&mut self, policy: &PolicyId) -> bool {
        self.0.contains(policy) || (self.0.len() < MOST_NAMED && self.0.insert(policy.clone()))
    }

    /// The label of what a policy did.
    pub(super) fn label<'p>(&self, policy: Option<&'p PolicyId>) -> PolicyLabel<'p> {
        match policy {
            None => PolicyLabel::None,
            Some(policy) if self.0.contains(policy) => PolicyLabel::Named(policy),
            Some(_) => PolicyLabel::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(number: usize) -> PolicyId {
        PolicyId {
            namespace: "shop".to_owned(),
            name: format!("orders-{number}"),
        }
    }

    #[test]
    fn of_ten_thousand_policies_the_first_thousand_are_named_and_the_others_are_one() {
        let policies: Vec<_> = (0..10_000).map(policy).collect();
        let mut named = NamedPolicies::default();
        assert_eq!(named.name(policies.iter()), 9_000);
        let labels: BTreeSet<_> = policies.iter().map(|policy| named.label(Some(policy))).collect();
        assert_eq!(labels.len(), MOST_NAMED + 1);
        let first_without = &policies[MOST_NAMED];
        assert_eq!(named.label(Some(first_without)), PolicyLabel::Other);
        assert_eq!(named.label(Some(first_without)).to_string(), "(other)");
    }

    #[test]
    fn the_bound_holds_over_all_configurations_and_a_policy_that_was_named_stays_so() {
        let mut named = NamedPolicies::default();
        for configuration in 0..10 {
            let policies: Vec<_> = (0..200)
                .map(|number| policy(configuration * 200 + number))
                .collect();
            let without = named.name(policies.iter());
            assert_eq!(without, if configuration < 5 { 0 } else { 200 });
        }
        assert_eq!(named.name([policy(0), policy(5_000)].iter()), 1);
    }

    #[test]
    fn what_no_policy_decided_has_an_empty_label() {
        assert_eq!(NamedPolicies::default().label(None).to_string(), "");
    }
}
