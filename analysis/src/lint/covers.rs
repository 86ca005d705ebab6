//! Whether one rule matches everything that another matches.
//!
//! Every answer of yes is sure, in both profiles, for HTTP and for TCP, and whether the rules allow or deny; where it is
//! not, the answer is no.

use spiffe_authz_policy::{
    StatedAction, StatedAlternative, StatedClause, StatedConfiguration, StatedKey, StatedPolicy, StatedRule,
    StatedValue, ValueForm,
};

use super::pattern::{Reading, service_account};

/// A rule with what its values depend on.
#[derive(Clone, Copy)]
pub(super) struct Comparable<'a> {
    pub(super) configuration: &'a StatedConfiguration,
    pub(super) policy: &'a StatedPolicy,
    pub(super) rule: &'a StatedRule,
}

/// A clause with what its values depend on.
#[derive(Clone, Copy)]
struct Part<'a> {
    of: Comparable<'a>,
    alternative: Option<&'a StatedAlternative>,
    clause: &'a StatedClause,
}

impl<'a> Comparable<'a> {
    /// Whether this rule matches every request that `narrow` matches.
    pub(super) fn covers(self, narrow: Self) -> bool {
        if self.is_lost_on_tcp() && !narrow.is_lost_on_tcp() {
            return false;
        }
        let from = covers_alternatives(self, &self.rule.from, narrow, &narrow.rule.from);
        let to = || covers_alternatives(self, &self.rule.to, narrow, &narrow.rule.to);
        from && to()
            && self
                .rule
                .when
                .iter()
                .all(|clause| self.asks_no_more(clause, narrow))
    }

    /// How much there is to compare: its values, and the conditions with each source and operation.
    pub(super) fn weight(self) -> usize {
        let values = self.rule.clauses().map(|clause| clause.values().count());
        let conditions = self.rule.when.iter().map(|clause| clause.values().count());
        let alternatives = self.rule.from.len().saturating_add(self.rule.to.len());
        let repeated = alternatives.saturating_mul(conditions.sum::<usize>());
        values
            .sum::<usize>()
            .saturating_add(alternatives)
            .saturating_add(repeated)
    }

    /// An ALLOW rule that reads HTTP anywhere never matches a connection (S-10).
    fn is_lost_on_tcp(self) -> bool {
        self.policy.action == StatedAction::Allow
            && self.rule.clauses().any(|clause| clause.key.speaks_http())
    }

    /// Whether the condition holds wherever `narrow` matches: one of its own conditions, or something in each of its
    /// sources, or in each of its operations, sees to it.
    fn asks_no_more(self, clause: &'a StatedClause, narrow: Self) -> bool {
        let wide = self.part(None, clause);
        let in_each = |alternatives: &'a [StatedAlternative]| {
            !alternatives.is_empty()
                && alternatives
                    .iter()
                    .all(|one| any_sees_to(wide, narrow.clauses(one)))
        };
        any_sees_to(wide, narrow.conditions()) || in_each(&narrow.rule.from) || in_each(&narrow.rule.to)
    }

    fn part(self, alternative: Option<&'a StatedAlternative>, clause: &'a StatedClause) -> Part<'a> {
        Part {
            of: self,
            alternative,
            clause,
        }
    }

    fn clauses(self, alternative: &'a StatedAlternative) -> impl Iterator<Item = Part<'a>> {
        let clauses = alternative.clauses.iter();
        clauses.map(move |clause| self.part(Some(alternative), clause))
    }

    fn conditions(self) -> impl Iterator<Item = Part<'a>> {
        let conditions = self.rule.when.iter();
        conditions.map(move |clause| self.part(None, clause))
    }
}

/// Every alternative of `narrow` is within one of `wide`. No alternatives are any.
fn covers_alternatives<'a>(
    wide: Comparable<'a>,
    of_wide: &'a [StatedAlternative],
    narrow: Comparable<'a>,
    of_narrow: &'a [StatedAlternative],
) -> bool {
    let is_within = |inner: Option<&'a StatedAlternative>| {
        of_wide.iter().any(|outer| {
            wide.clauses(outer).all(|part| {
                let own = inner.into_iter().flat_map(|inner| narrow.clauses(inner));
                any_sees_to(part, own.chain(narrow.conditions()))
            })
        })
    };
    if of_wide.is_empty() {
        true
    } else if of_narrow.is_empty() {
        is_within(None)
    } else {
        of_narrow.iter().all(|inner| is_within(Some(inner)))
    }
}

fn any_sees_to<'a>(wide: Part<'a>, mut narrow: impl Iterator<Item = Part<'a>>) -> bool {
    narrow.any(|narrow| wide.holds_where(narrow))
}

impl Part<'_> {
    /// Whether this clause holds wherever the other does.
    fn holds_where(self, narrow: Self) -> bool {
        if self.clause.key == narrow.clause.key {
            return self.covers_wanted(narrow) && self.excludes_no_more(narrow);
        }
        self.clause.none_of.is_empty() && !narrow.clause.any_of.is_empty() && self.follows_from(narrow)
    }

    fn covers_wanted(self, narrow: Self) -> bool {
        let wanted = |narrow_value| {
            let own = self.clause.any_of.iter();
            own.into_iter()
                .any(|value| self.reading().covers(value, narrow_value, narrow.reading()))
        };
        self.clause.any_of.is_empty()
            || (!narrow.clause.any_of.is_empty() && narrow.clause.any_of.iter().all(wanted))
    }

    fn excludes_no_more(self, narrow: Self) -> bool {
        let excluded = |value| {
            let others = narrow.clause.none_of.iter();
            others
                .into_iter()
                .any(|other| narrow.reading().covers(other, value, self.reading()))
        };
        self.clause.none_of.iter().all(excluded)
    }

    /// Whether what is known of one part of an identity settles another.
    fn follows_from(self, narrow: Self) -> bool {
        let (key, from) = (&self.clause.key, &narrow.clause.key);
        if *key == StatedKey::Principals && from.is_identity() {
            return self.clause.any_of.iter().any(|value| value.text == "*");
        }
        if *from != StatedKey::Principals {
            return false;
        }
        narrow.clause.any_of.iter().all(|value| {
            let workload = own_workload(self.of.configuration, value);
            workload.is_some_and(|workload| self.names(&workload))
        })
    }

    fn names(self, workload: &(String, String)) -> bool {
        let policy = &self.of.policy.id.namespace;
        self.clause.any_of.iter().any(|value| match &self.clause.key {
            key if *key == StatedKey::Namespaces => value.text == "*" || value.text == workload.0,
            key if *key == StatedKey::ServiceAccounts => service_account(policy, &value.text) == *workload,
            _ => false,
        })
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            configuration: self.of.configuration,
            key: &self.clause.key,
            ignore_case: self
                .alternative
                .is_some_and(|alternative| alternative.ignore_case),
            has_bindings: self
                .alternative
                .is_some_and(|alternative| !alternative.bindings.is_empty()),
            namespace: &self.of.policy.id.namespace,
        }
    }
}

/// Namespace and service account of a principal that is exactly one workload of the mesh.
pub(super) fn own_workload(
    configuration: &StatedConfiguration,
    value: &StatedValue,
) -> Option<(String, String)> {
    if value.form != ValueForm::Text || value.text.contains('*') {
        return None;
    }
    let spellings = configuration.spellings(&value.text);
    let spelling = spellings.first()?;
    let parts: Vec<&str> = spelling.split('/').collect();
    let [trust_domain, "ns", namespace, "sa", name] = parts.as_slice() else {
        return None;
    };
    let own = std::iter::once(&configuration.trust_domain).chain(&configuration.trust_domain_aliases);
    let is_own = own.into_iter().any(|own| own.as_str() == *trust_domain);
    is_own.then(|| ((*namespace).to_owned(), (*name).to_owned()))
}

#[cfg(test)]
mod agrees_with_the_engine;
