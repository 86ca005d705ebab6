//! [`JudgedRule`]: one rule, and how it was judged.

use crate::decision::{PolicyId, RuleRef};
use crate::explain::{JudgedAlternative, JudgedClause};
use crate::layer::Sought;
use crate::rule::Rule;
use crate::rule::facts::Facts;
use crate::rule::policy::Policy;
use crate::truth::Truth;

/// What a policy is there for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Layer {
    /// It denies.
    Deny,
    /// It allows; an exception among them.
    Allow,
    /// It marks.
    Audit,
    /// It would deny, were it in force.
    DryRunDeny,
    /// It would allow, were it in force.
    DryRunAllow,
}

impl Layer {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
            Self::Audit => "audit",
            Self::DryRunDeny => "dry-run-deny",
            Self::DryRunAllow => "dry-run-allow",
        }
    }

    /// Which rules count: that of a policy which allows must match for certain, any other applies unless it is shown not to
    /// match.
    fn sought(self) -> Sought<'static> {
        match self {
            Self::Deny | Self::Audit | Self::DryRunDeny => Sought::Applying,
            Self::Allow | Self::DryRunAllow => Sought::Matching,
        }
    }

    fn may_allow(self) -> bool {
        match self {
            Self::Allow | Self::DryRunAllow => true,
            Self::Deny | Self::Audit | Self::DryRunDeny => false,
        }
    }
}

/// Why a rule does not allow, whatever its clauses say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hindrance {
    /// It reads HTTP, and none is spoken (S-10).
    NotWholeOnTcp,
    /// It is of an exception that is over, or the time is not known (E-7).
    ExceptionOver,
}

/// One rule of an attached policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgedRule<'p> {
    /// The rule.
    pub rule: RuleRef<'p>,
    /// What its policy is there for.
    pub layer: Layer,
    /// The DENY policies that its policy lifts (E-7); none of a policy that is no exception.
    pub lifts: &'p [PolicyId],
    /// What the rule says.
    pub truth: Truth,
    /// Whether it counts: a rule that allows must match for certain and have no hindrance; one that denies or marks counts
    /// unless it is shown not to match.
    pub counts: bool,
    /// Why it does not allow, whatever it says.
    pub hindrance: Option<Hindrance>,
    /// Its sources, one of which must hold; without any, every peer is meant.
    pub from: Vec<JudgedAlternative>,
    /// Its operations, likewise.
    pub to: Vec<JudgedAlternative>,
    /// Its conditions, all of which must hold.
    pub when: Vec<JudgedClause>,
}

impl<'p> JudgedRule<'p> {
    pub(super) fn all_of(layer: Layer, policy: &'p Policy, facts: &Facts<'_>) -> Vec<Self> {
        let rules = policy.rules.iter().enumerate();
        rules
            .map(|(index, rule)| Self::of(layer, (policy, index), rule, facts))
            .collect()
    }

    fn of(layer: Layer, (policy, index): (&'p Policy, usize), rule: &'p Rule, facts: &Facts<'_>) -> Self {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let from = rule.from.iter().enumerate();
        let to = rule.to.iter().enumerate();
        Self {
            rule: RuleRef {
                policy: &policy.id,
                index,
            },
            layer,
            lifts: policy
                .exception
                .as_ref()
                .map_or(&[], |exception| exception.lifts.as_slice()),
            truth: rule.judge(facts),
            counts: policy.found((0, number), layer.sought(), facts).is_some(),
            hindrance: hindrance(layer, policy, rule, facts),
            from: from
                .map(|source| JudgedAlternative::of_source(source, facts))
                .collect(),
            to: to
                .map(|operation| JudgedAlternative::of_operation(operation, facts))
                .collect(),
            when: rule
                .when
                .iter()
                .map(|condition| JudgedClause::of_condition(condition, facts))
                .collect(),
        }
    }
}

fn hindrance(layer: Layer, policy: &Policy, rule: &Rule, facts: &Facts<'_>) -> Option<Hindrance> {
    if layer.may_allow() && !rule.is_whole_on(facts.protocol()) {
        return Some(Hindrance::NotWholeOnTcp);
    }
    (layer.may_allow() && !policy.is_live(facts)).then_some(Hindrance::ExceptionOver)
}
