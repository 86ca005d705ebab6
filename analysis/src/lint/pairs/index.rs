//! [`Index`]: the rules that may cover a rule, without a look at all others.

use std::collections::HashMap;

use spiffe_authz_policy::{
    StatedAction, StatedAlternative, StatedClause, StatedKey, StatedPolicy, ValueForm,
};

use crate::lint::context::Context;
use crate::lint::covers::{Comparable, own_workload};
use crate::lint::omission::RULES_BESIDE_A_RULE;
use crate::lint::pattern::service_account;
use crate::lint::scope::labels;

/// Rules that may cover a rule.
pub(super) struct Candidates<'a> {
    /// As many as are compared at most; itself may be among them.
    pub(super) rules: Vec<Comparable<'a>>,
    /// Whether there are no more than these.
    pub(super) are_all: bool,
}

/// Rules by action, scope and the peer whom they name first.
pub(super) struct Index<'a> {
    context: &'a Context<'a>,
    rules: HashMap<Place<'a>, Vec<Comparable<'a>>>,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Place<'a> {
    action: StatedAction,
    namespace: &'a str,
    /// One label of the selector.
    label: Option<(&'a str, &'a str)>,
    anchor: Anchor,
}

/// Whom a rule names.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Anchor {
    Principal(String),
    Namespace(String),
    ServiceAccount(String, String),
    /// Anyone, or nobody in particular.
    Anyone,
}

impl<'a> Index<'a> {
    /// The rules of the policies that `is_wanted` names.
    pub(super) fn new(context: &'a Context<'a>, is_wanted: impl Fn(&StatedPolicy) -> bool) -> Self {
        let mut index = Self {
            context,
            rules: HashMap::new(),
        };
        for (policy, rule) in context.rules().filter(|(policy, _)| is_wanted(policy)) {
            index.add(Comparable {
                configuration: context.configuration,
                policy,
                rule,
            });
        }
        index
    }

    fn add(&mut self, rule: Comparable<'a>) {
        let policy = rule.policy;
        let label = labels(policy).and_then(|labels| labels.first_key_value());
        let mut anchors = own_anchors(rule);
        anchors.dedup();
        for anchor in anchors {
            let place = Place {
                action: policy.action,
                namespace: &policy.id.namespace,
                label: label.map(|(key, value)| (key.as_str(), value.as_str())),
                anchor,
            };
            self.rules.entry(place).or_default().push(rule);
        }
    }

    /// Rules of this action that may cover the rule.
    pub(super) fn candidates(&self, action: StatedAction, rule: Comparable<'a>) -> Candidates<'a> {
        let places = self.places(action, rule);
        let mut found = places
            .into_iter()
            .filter_map(|place| self.rules.get(&place))
            .flatten()
            .copied();
        let rules = found.by_ref().take(RULES_BESIDE_A_RULE).collect();
        let are_all = found.next().is_none();
        Candidates { rules, are_all }
    }

    fn places(&self, action: StatedAction, rule: Comparable<'a>) -> Vec<Place<'a>> {
        let own = rule.policy.id.namespace.as_str();
        let root = self.context.configuration.root_namespace.as_str();
        let mut namespaces = vec![own];
        if own != root {
            namespaces.push(root);
        }
        let own_labels = labels(rule.policy).into_iter().flatten();
        let mut selectors: Vec<_> = own_labels
            .map(|(key, value)| Some((key.as_str(), value.as_str())))
            .collect();
        selectors.push(None);
        let anchors = looked_up(rule);
        let mut places = Vec::new();
        for namespace in namespaces {
            for label in &selectors {
                places.extend(anchors.iter().map(|anchor| Place {
                    action,
                    namespace,
                    label: *label,
                    anchor: anchor.clone(),
                }));
            }
        }
        places
    }
}

/// Under what a rule is found: each value that one of its sources asks for first.
fn own_anchors(rule: Comparable<'_>) -> Vec<Anchor> {
    if rule.rule.from.is_empty() {
        return vec![Anchor::Anyone];
    }
    let sources = rule.rule.from.iter();
    sources.flat_map(|source| anchors_of(rule, source)).collect()
}

fn anchors_of(rule: Comparable<'_>, source: &StatedAlternative) -> Vec<Anchor> {
    let Some(clause) = identity(source) else {
        return vec![Anchor::Anyone];
    };
    let values = clause.any_of.iter();
    values
        .map(|value| {
            let is_exact = value.form == ValueForm::Text && !value.text.contains('*');
            match &clause.key {
                key if is_exact && *key == StatedKey::Principals => Anchor::Principal(value.text.clone()),
                key if is_exact && *key == StatedKey::Namespaces => Anchor::Namespace(value.text.clone()),
                key if *key == StatedKey::ServiceAccounts => {
                    let (namespace, name) = service_account(&rule.policy.id.namespace, &value.text);
                    Anchor::ServiceAccount(namespace, name)
                }
                _ => Anchor::Anyone,
            }
        })
        .collect()
}

/// Under what the rules lie that may cover this one.
fn looked_up(rule: Comparable<'_>) -> Vec<Anchor> {
    let mut anchors = vec![Anchor::Anyone];
    let clause = rule.rule.from.first().and_then(identity);
    let Some((clause, value)) = clause.and_then(|clause| Some((clause, clause.any_of.first()?))) else {
        return anchors;
    };
    if clause.key == StatedKey::Principals {
        anchors.push(Anchor::Principal(value.text.clone()));
        if let Some((namespace, name)) = own_workload(rule.configuration, value) {
            anchors.push(Anchor::Namespace(namespace.clone()));
            anchors.push(Anchor::ServiceAccount(namespace, name));
        }
    } else if clause.key == StatedKey::Namespaces {
        anchors.push(Anchor::Namespace(value.text.clone()));
    } else if clause.key == StatedKey::ServiceAccounts {
        let (namespace, name) = service_account(&rule.policy.id.namespace, &value.text);
        anchors.push(Anchor::ServiceAccount(namespace, name));
    }
    anchors
}

fn identity(source: &StatedAlternative) -> Option<&StatedClause> {
    let is_named = |clause: &&StatedClause| {
        !clause.any_of.is_empty()
            && matches!(
                clause.key,
                StatedKey::Principals | StatedKey::Namespaces | StatedKey::ServiceAccounts
            )
    };
    source.clauses.iter().find(is_named)
}
