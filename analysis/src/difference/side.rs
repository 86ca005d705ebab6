//! [`Side`]: one of the two policy sets, and what of it applies to a workload.

use std::collections::BTreeSet;

use spiffe_authz_policy::{
    ConfigErrors, Document, PolicyId, PolicySet, Profile, StatedAction, StatedAlternative,
    StatedConfiguration, StatedMode, StatedPolicy, StatedRule, Workload,
};
use time::OffsetDateTime;

use crate::difference::clause::Clause;

/// A policy set, as it was read.
#[derive(Clone, Debug)]
pub struct Side {
    /// The configuration without its resources and its workload.
    pub(super) settings: Vec<(String, Document)>,
    resources: Document,
    pub(super) stated: StatedConfiguration,
}

/// What of a policy set applies to one workload.
pub(super) struct Attached {
    pub(super) set: PolicySet,
    /// Every clause of its policies once.
    pub(super) clauses: Vec<Clause>,
    pub(super) alternatives: Vec<Alternative>,
    /// Whether requests pass that no policy speaks of.
    pub(super) allows_by_default: bool,
}

/// One source and one operation of a rule with its conditions: all clauses together.
pub(super) struct Alternative {
    pub(super) effect: Effect,
    /// Numbers of clauses.
    pub(super) clauses: Vec<usize>,
}

/// What the policy of an alternative does.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Effect {
    Deny(PolicyId),
    Allow,
    /// Admits before its end, and lifts DENY policies.
    Except(OffsetDateTime, Vec<PolicyId>),
}

impl Side {
    /// A configuration, and what was read of it.
    #[must_use]
    pub fn new(document: &Document, stated: StatedConfiguration) -> Self {
        let entries = match document {
            Document::Map(entries) => entries.as_slice(),
            Document::Null
            | Document::Bool(_)
            | Document::Number(_)
            | Document::String(_)
            | Document::List(_) => &[],
        };
        let is_setting = |(name, _): &&(String, Document)| name != "resources" && name != "workload";
        Self {
            settings: entries.iter().filter(is_setting).cloned().collect(),
            resources: document
                .field("resources")
                .cloned()
                .unwrap_or(Document::List(Vec::new())),
            stated,
        }
    }

    /// What it says.
    #[must_use]
    pub fn stated(&self) -> &StatedConfiguration {
        &self.stated
    }

    /// The SPIFFE IDs that a list denies (`svid.denied.spiffeIds`).
    pub(super) fn denied_ids(&self) -> Vec<String> {
        let svid = self.settings.iter().find(|(name, _)| name == "svid");
        let ids = svid.and_then(|(_, svid)| svid.field("denied")?.field("spiffeIds")?.as_list());
        let ids = ids.unwrap_or_default().iter();
        ids.filter_map(Document::as_text).map(str::to_owned).collect()
    }

    /// The ports that have an mTLS mode of their own.
    pub(super) fn mode_ports(&self) -> Vec<u16> {
        let authentications = self.stated.peer_authentications.iter();
        authentications
            .flat_map(|one| one.port_modes.keys().copied())
            .collect()
    }

    /// What applies to a workload.
    ///
    /// # Errors
    /// What the engine refuses for this workload.
    pub(super) fn attached(&self, workload: &Workload) -> Result<Attached, ConfigErrors> {
        let mut document = self.settings.clone();
        document.push(("resources".to_owned(), self.resources.clone()));
        let set = PolicySet::from_document(&Document::Map(document), Some(workload.clone()))?;
        let policies: Vec<&StatedPolicy> = self.enforced(workload).collect();
        let has_allow = policies.iter().any(|policy| policy.action == StatedAction::Allow);
        let mut clauses = BTreeSet::new();
        for policy in &policies {
            each_alternative(policy, |_, asked| {
                clauses.extend(asked.iter().flat_map(alone));
                clauses.extend(asked);
            });
        }
        let clauses: Vec<Clause> = clauses.into_iter().collect();
        let mut alternatives = Vec::new();
        for policy in &policies {
            each_alternative(policy, |effect, asked| {
                let numbers = asked
                    .iter()
                    .filter_map(|clause| clauses.binary_search(clause).ok());
                alternatives.push(Alternative {
                    effect,
                    clauses: numbers.collect(),
                });
            });
        }
        Ok(Attached {
            set,
            clauses,
            alternatives,
            allows_by_default: !has_allow && self.stated.profile == Profile::Istio,
        })
    }

    /// The policies that decide about a workload.
    fn enforced<'s>(&'s self, workload: &'s Workload) -> impl Iterator<Item = &'s StatedPolicy> {
        self.stated.policies.iter().filter(move |policy| {
            let decides = match policy.action {
                StatedAction::Allow | StatedAction::Deny => !policy.is_dry_run,
                StatedAction::Audit | StatedAction::Custom => false,
            };
            decides && self.stated.applies(policy, workload)
        })
    }

    /// What makes the decisions about a workload: workloads with the same are decided alike.
    pub(super) fn fingerprint(&self, workload: &Workload) -> Vec<usize> {
        let policies = self.enforced(workload).map(|policy| policy.index);
        let root = &self.stated.root_namespace;
        let authentications = self.stated.peer_authentications.iter().filter(|one| {
            let is_here = one.id.namespace == workload.namespace || one.id.namespace == *root;
            let selects = one.selector.as_ref().is_none_or(|selector| {
                selector
                    .iter()
                    .all(|(key, value)| workload.labels.get(key) == Some(value))
            });
            is_here && selects && (one.mode != StatedMode::Inherit || !one.port_modes.is_empty())
        });
        policies.chain(authentications.map(|one| one.index)).collect()
    }
}

fn each_alternative(policy: &StatedPolicy, mut take: impl FnMut(Effect, Vec<Clause>)) {
    for rule in &policy.rules {
        for from in or_any(&rule.from) {
            for to in or_any(&rule.to) {
                take(effect(policy), clauses(policy, rule, from, to));
            }
        }
    }
}

/// The alternatives, or one that asks nothing.
fn or_any(alternatives: &[StatedAlternative]) -> Vec<Option<&StatedAlternative>> {
    if alternatives.is_empty() {
        vec![None]
    } else {
        alternatives.iter().map(Some).collect()
    }
}

fn clauses(
    policy: &StatedPolicy,
    rule: &StatedRule,
    from: Option<&StatedAlternative>,
    to: Option<&StatedAlternative>,
) -> Vec<Clause> {
    let namespace = policy.id.namespace.as_str();
    let mut clauses = Vec::new();
    for alternative in [from, to].into_iter().flatten() {
        let inner = alternative.clauses.iter();
        clauses.extend(inner.map(|clause| Clause::new(clause, Some(alternative), namespace)));
    }
    clauses.extend(
        rule.when
            .iter()
            .map(|clause| Clause::new(clause, None, namespace)),
    );
    clauses.sort();
    clauses.dedup();
    clauses
}

fn effect(policy: &StatedPolicy) -> Effect {
    match (policy.action, &policy.exception) {
        (StatedAction::Deny, _) => Effect::Deny(policy.id.clone()),
        (StatedAction::Allow, Some(exception)) => Effect::Except(exception.until, exception.lifts.clone()),
        (StatedAction::Allow | StatedAction::Audit | StatedAction::Custom, _) => Effect::Allow,
    }
}

/// Each value of a clause by itself: what people know classes by.
fn alone(clause: &Clause) -> Vec<Clause> {
    if clause.bindings.is_empty() {
        clause.literals().map(|literal| clause.alone(literal)).collect()
    } else {
        Vec::new()
    }
}
