//! [`Context`]: what is looked at, and [`PlacedValue`]: a value with everything around it.

use spiffe_authz_policy::{
    Profile, StatedAction, StatedAlternative, StatedClause, StatedConfiguration, StatedKey, StatedPolicy,
    StatedRule, StatedValue,
};
use time::OffsetDateTime;

use super::budget::Budget;
use super::omission::Work;
use super::pattern::Reading;
use crate::inventory::Inventory;

/// How many names are told with one that is near.
const NEAR_NAMES: usize = 100;

/// What is looked at.
pub(super) struct Context<'a> {
    pub(super) configuration: &'a StatedConfiguration,
    pub(super) inventory: Option<&'a Inventory>,
    pub(super) now: Option<OffsetDateTime>,
    pub(super) work: Work,
    pub(super) names_left: Budget,
}

/// A clause of a rule of a policy.
#[derive(Clone, Copy)]
pub(super) struct PlacedClause<'a> {
    pub(super) policy: &'a StatedPolicy,
    pub(super) rule: &'a StatedRule,
    /// The source or the operation that it stands in; `None` for a condition.
    pub(super) alternative: Option<&'a StatedAlternative>,
    pub(super) clause: &'a StatedClause,
}

/// A value of a clause of a rule of a policy.
pub(super) struct PlacedValue<'a> {
    pub(super) policy: &'a StatedPolicy,
    pub(super) place: PlacedClause<'a>,
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
            work: Work::new(),
            names_left: Budget::of(NEAR_NAMES),
        }
    }

    pub(super) fn is_istio(&self) -> bool {
        self.configuration.profile == Profile::Istio
    }

    /// The names of the mesh, its own first.
    pub(super) fn trust_domains(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let own = std::iter::once(&self.configuration.trust_domain);
        own.chain(&self.configuration.trust_domain_aliases)
            .map(|name| name.as_str())
    }

    /// What a principal is compared as: profile zero-trust takes a whole SPIFFE ID too.
    pub(super) fn without_scheme<'t>(&self, principal: &'t str) -> &'t str {
        match self.configuration.profile {
            Profile::Istio => principal,
            Profile::ZeroTrust => principal.strip_prefix("spiffe://").unwrap_or(principal),
        }
    }

    pub(super) fn rules(&self) -> impl Iterator<Item = (&'a StatedPolicy, &'a StatedRule)> + use<'a> {
        let policies = self.configuration.policies.iter();
        policies.flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)))
    }

    pub(super) fn clauses(&self) -> impl Iterator<Item = PlacedClause<'a>> + use<'a> {
        self.rules().flat_map(|(policy, rule)| clauses(policy, rule))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = PlacedValue<'a>> + use<'a> {
        self.clauses().flat_map(PlacedClause::values)
    }
}

fn clauses<'a>(
    policy: &'a StatedPolicy,
    rule: &'a StatedRule,
) -> impl Iterator<Item = PlacedClause<'a>> + use<'a> {
    let placed = move |alternative, clause| PlacedClause {
        policy,
        rule,
        alternative,
        clause,
    };
    let alternatives = rule.from.iter().chain(&rule.to);
    let inner = alternatives.flat_map(move |alternative| {
        let clauses = alternative.clauses.iter();
        clauses.map(move |clause| placed(Some(alternative), clause))
    });
    inner.chain(rule.when.iter().map(move |clause| placed(None, clause)))
}

impl<'a> PlacedClause<'a> {
    pub(super) fn values(self) -> impl Iterator<Item = PlacedValue<'a>> + use<'a> {
        let placed = move |value, polarity| PlacedValue {
            policy: self.policy,
            place: self,
            clause: self.clause,
            value,
            polarity,
        };
        let wanted = self.clause.any_of.iter();
        let excluded = self.clause.none_of.iter();
        wanted
            .map(move |value| placed(value, Polarity::Wanted))
            .chain(excluded.map(move |value| placed(value, Polarity::Excluded)))
    }

    /// The clauses that hold together with this one: those of its alternative and the conditions.
    pub(super) fn beside(self) -> impl Iterator<Item = &'a StatedClause> + use<'a> {
        let own = self.alternative.map(|alternative| alternative.clauses.iter());
        own.into_iter().flatten().chain(&self.rule.when)
    }
}

impl PlacedClause<'_> {
    /// How its values are read.
    pub(super) fn reading<'r>(&'r self, context: &'r Context<'_>) -> Reading<'r> {
        let of = |read: fn(&StatedAlternative) -> bool| self.alternative.is_some_and(read);
        Reading {
            configuration: context.configuration,
            key: &self.clause.key,
            ignore_case: of(|alternative| alternative.ignore_case),
            has_bindings: of(|alternative| !alternative.bindings.is_empty()),
            namespace: &self.policy.id.namespace,
        }
    }

    /// In profile zero-trust a rule that does not allow applies where an identity is unknown, or where a header that is
    /// given more than once may say either, whatever its values say.
    pub(super) fn may_be_unknown(&self, context: &Context<'_>) -> bool {
        let key = &self.clause.key;
        let is_repeated = matches!(key, StatedKey::Header(_) | StatedKey::Query(_));
        !context.is_istio() && !self.allows() && (key.is_identity() || is_repeated)
    }

    /// What a clause that contradicts another does: on TCP a DENY rule leaves out what it reads of HTTP (S-10).
    pub(super) fn never(&self) -> &'static str {
        if self.clause.key.speaks_http() && !self.allows() {
            "this matches no HTTP request"
        } else {
            "this never matches"
        }
    }

    fn allows(&self) -> bool {
        self.policy.action == StatedAction::Allow
    }
}

impl<'a> PlacedValue<'a> {
    pub(super) fn text(&self) -> &'a str {
        &self.value.text
    }

    pub(super) fn key(&self) -> &'a StatedKey {
        &self.clause.key
    }

    /// Whether it is compared with this header, its name in lower case.
    pub(super) fn is_header(&self, name: &str) -> bool {
        matches!(self.key(), StatedKey::Header(own) if own == name)
    }

    /// Whether one of the values beside it is such; `None` where there are too many to look.
    pub(super) fn any_beside(
        &self,
        context: &Context<'_>,
        is_such: impl Fn(&StatedValue) -> bool,
    ) -> Option<bool> {
        let values = self.clause.values();
        let count = self.clause.any_of.len().saturating_add(self.clause.none_of.len());
        context
            .work
            .compares_values(count, &self.clause.at)
            .then(|| values.into_iter().any(is_such))
    }

    /// Whether a trust domain is asked for beside it.
    pub(super) fn has_trust_domain_beside(&self) -> bool {
        self.place
            .beside()
            .any(|clause| clause.key == StatedKey::TrustDomains && !clause.any_of.is_empty())
    }
}
