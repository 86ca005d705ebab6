//! [`Context`]: what is looked at, and [`PlacedValue`]: a value with everything around it.

use spiffe_authz_policy::{
    Profile, StatedClause, StatedConfiguration, StatedKey, StatedPolicy, StatedRule, StatedValue,
};
use time::OffsetDateTime;

use crate::inventory::Inventory;

/// What is looked at.
pub(super) struct Context<'a> {
    pub(super) configuration: &'a StatedConfiguration,
    pub(super) inventory: Option<&'a Inventory>,
    pub(super) now: Option<OffsetDateTime>,
}

/// A value of a clause of a rule of a policy.
pub(super) struct PlacedValue<'a> {
    pub(super) policy: &'a StatedPolicy,
    pub(super) clause: &'a StatedClause,
    pub(super) value: &'a StatedValue,
    /// Whether it is one that must match, or one that must not.
    pub(super) polarity: Polarity,
}

/// On which side of a clause a value stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Polarity {
    /// In `values`.
    Wanted,
    /// In `notValues`.
    Excluded,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        configuration: &'a StatedConfiguration,
        inventory: Option<&'a Inventory>,
        now: Option<OffsetDateTime>,
    ) -> Self {
        Self {
            configuration,
            inventory,
            now,
        }
    }

    pub(super) fn is_istio(&self) -> bool {
        self.configuration.profile == Profile::Istio
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (&'a StatedPolicy, &'a StatedRule)> + use<'a> {
        let policies = self.configuration.policies.iter();
        policies.flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = PlacedValue<'a>> + use<'a> {
        self.rules()
            .flat_map(|(policy, rule)| rule.clauses().flat_map(move |clause| values(policy, clause)))
    }
}

fn values<'a>(
    policy: &'a StatedPolicy,
    clause: &'a StatedClause,
) -> impl Iterator<Item = PlacedValue<'a>> + use<'a> {
    let placed = move |value, polarity| PlacedValue {
        policy,
        clause,
        value,
        polarity,
    };
    let wanted = clause.any_of.iter();
    let excluded = clause.none_of.iter();
    wanted
        .map(move |value| placed(value, Polarity::Wanted))
        .chain(excluded.map(move |value| placed(value, Polarity::Excluded)))
}

impl PlacedValue<'_> {
    pub(super) fn text(&self) -> &str {
        &self.value.text
    }

    pub(super) fn key(&self) -> &StatedKey {
        &self.clause.key
    }
}
