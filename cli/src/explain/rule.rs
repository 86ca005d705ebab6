//! [`Rule`]: one rule as it was judged, with what is written in it.

use serde::Serialize;
use spiffe_authz_policy::{
    Hindrance, JudgedAlternative, JudgedRule, RuleLayer, RuleRef, StatedAlternative, StatedRule,
};

use crate::explain::clause::{Clause, truth_name};
use crate::explain::written::Written;

/// Which rule.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct RuleName {
    /// `namespace/name`.
    pub(super) policy: String,
    /// Its index, from 0.
    pub(super) rule: usize,
}

impl RuleName {
    pub(super) fn new(rule: RuleRef<'_>) -> Self {
        Self {
            policy: rule.policy.to_string(),
            rule: rule.index,
        }
    }
}

impl std::fmt::Display for RuleName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} rule {}", self.policy, self.rule)
    }
}

/// One rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    #[serde(flatten)]
    pub(super) name: RuleName,
    /// `deny`, `allow`, `audit`, `dry-run-deny` or `dry-run-allow`.
    pub(super) layer: &'static str,
    /// `true`, `false` or `unknown`.
    pub(super) truth: &'static str,
    /// Whether it counts: of a rule that allows, whether it allows the request; of another, whether it applies.
    pub(super) counts: bool,
    /// Why it does not allow, whatever it says: `not-whole-on-tcp` or `exception-over`.
    pub(super) hindrance: Option<&'static str>,
    /// Where it stands, such as `orders.yaml:22:11`.
    pub(super) position: Option<String>,
    from: Vec<Alternative>,
    to: Vec<Alternative>,
    when: Vec<Clause>,
    /// The clauses that matter: of the source and the operation that come nearest, and every condition.
    #[serde(skip)]
    pub(super) shown: Vec<Clause>,
    /// Its place in the configuration.
    #[serde(skip)]
    pub(super) place: Option<String>,
}

#[derive(Debug, Serialize)]
struct Alternative {
    truth: &'static str,
    clauses: Vec<Clause>,
}

impl Rule {
    pub(super) fn new(judged: &JudgedRule<'_>, written: &Written<'_>) -> Self {
        let stated = written.rule(judged.rule);
        let place = stated.map(|stated| stated.at.clone());
        let from = stated.map(|stated| stated.from.as_slice()).unwrap_or_default();
        let to = stated.map(|stated| stated.to.as_slice()).unwrap_or_default();
        Self {
            name: RuleName::new(judged.rule),
            layer: judged.layer.name(),
            truth: truth_name(judged.truth),
            counts: judged.counts,
            hindrance: judged.hindrance.map(hindrance_name),
            position: place.as_deref().and_then(|place| written.position(place)),
            from: alternatives(&judged.from, from),
            to: alternatives(&judged.to, to),
            when: conditions(judged, stated),
            shown: shown(judged, stated),
            place,
        }
    }

    /// Whether it is of a policy that decides.
    pub(super) fn is_in_force(&self) -> bool {
        [RuleLayer::Deny, RuleLayer::Allow]
            .map(RuleLayer::name)
            .contains(&self.layer)
    }

    /// The first clause that does not hold.
    pub(super) fn first_failed(&self) -> Option<&Clause> {
        self.shown.iter().find(|clause| !clause.holds())
    }
}

fn hindrance_name(hindrance: Hindrance) -> &'static str {
    match hindrance {
        Hindrance::NotWholeOnTcp => "not-whole-on-tcp",
        Hindrance::ExceptionOver => "exception-over",
    }
}

fn alternatives(judged: &[JudgedAlternative], stated: &[StatedAlternative]) -> Vec<Alternative> {
    let alternative = |judged: &JudgedAlternative| Alternative {
        truth: truth_name(judged.truth),
        clauses: clauses(judged, stated),
    };
    judged.iter().map(alternative).collect()
}

fn clauses(judged: &JudgedAlternative, stated: &[StatedAlternative]) -> Vec<Clause> {
    let stated = stated.get(judged.index).map(|stated| stated.clauses.as_slice());
    let of = |clause: &spiffe_authz_policy::JudgedClause| {
        let same_key = stated
            .unwrap_or_default()
            .iter()
            .find(|stated| stated.key == clause.key);
        Clause::new(clause, same_key)
    };
    judged.clauses.iter().map(of).collect()
}

fn conditions(judged: &JudgedRule<'_>, stated: Option<&StatedRule>) -> Vec<Clause> {
    let of = |(index, clause)| Clause::new(clause, stated.and_then(|stated| stated.when.get(index)));
    judged.when.iter().enumerate().map(of).collect()
}

fn shown(judged: &JudgedRule<'_>, stated: Option<&StatedRule>) -> Vec<Clause> {
    let from = stated.map(|stated| stated.from.as_slice()).unwrap_or_default();
    let to = stated.map(|stated| stated.to.as_slice()).unwrap_or_default();
    let source = judged.nearest_source().map(|source| clauses(source, from));
    let operation = judged.nearest_operation().map(|operation| clauses(operation, to));
    let alternatives = [source, operation].into_iter().flatten().flatten();
    alternatives.chain(conditions(judged, stated)).collect()
}
