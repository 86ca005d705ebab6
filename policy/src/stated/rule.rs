//! [`StatedRule`]: one rule of an AuthorizationPolicy.

use crate::config::authorization_policy::operation::RawOperation;
use crate::config::authorization_policy::rule::RawRule;
use crate::config::authorization_policy::source::RawSource;
use crate::config::field_path::FieldPath;
use crate::config::fields::Listed;
use crate::stated::{StatedClause, StatedKey, ValueForm};

/// One rule: one of `from` where there are some, one of `to` likewise, and all of `when` (S-3).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatedRule {
    /// Its index in its policy, from 0.
    pub index: usize,
    /// Its place, such as `resources[0].spec.rules[1]`.
    pub at: String,
    /// Who may send; without any, anyone.
    pub from: Vec<StatedAlternative>,
    /// What may be asked for; without any, anything.
    pub to: Vec<StatedAlternative>,
    /// What must hold besides.
    pub when: Vec<StatedClause>,
}

/// One source or operation: all clauses together.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StatedAlternative {
    /// Its index in `from` or `to`, from 0.
    pub index: usize,
    /// Its place, such as `resources[0].spec.rules[1].from[0].source`.
    pub at: String,
    /// What is asked.
    pub clauses: Vec<StatedClause>,
    /// Of an operation: whether paths are compared in any case (E-4).
    pub ignore_case: bool,
    /// Of an operation: what the names in its paths stand for (E-6), as name and attribute.
    pub bindings: Vec<(String, String)>,
}

impl StatedRule {
    pub(super) fn new(index: usize, at: &FieldPath<'_>, raw: &RawRule) -> Self {
        let RawRule { from, to, when } = raw;
        let conditions = when.iter().flat_map(|(index, condition)| {
            let at = at.field("when");
            StatedClause::of_condition(condition, &at.index(*index))
        });
        Self {
            index,
            at: at.to_string(),
            from: alternatives(from, &at.field("from"), "source", StatedAlternative::of_source),
            to: alternatives(to, &at.field("to"), "operation", StatedAlternative::of_operation),
            when: conditions.collect(),
        }
    }

    /// Every clause of the rule.
    pub fn clauses(&self) -> impl Iterator<Item = &StatedClause> {
        let alternatives = self.from.iter().chain(&self.to);
        alternatives
            .flat_map(|alternative| &alternative.clauses)
            .chain(&self.when)
    }
}

fn alternatives<T>(
    list: &Listed<T>,
    at: &FieldPath<'_>,
    name: &str,
    stated: fn(usize, &FieldPath<'_>, &T) -> StatedAlternative,
) -> Vec<StatedAlternative> {
    let one = |(index, raw): &(usize, T)| stated(*index, &at.index(*index).field(name), raw);
    list.iter().map(one).collect()
}

impl StatedAlternative {
    fn of_source(index: usize, at: &FieldPath<'_>, raw: &RawSource) -> Self {
        let RawSource {
            principals,
            request_principals,
            namespaces,
            service_accounts,
            trust_domains,
            ip_blocks,
            remote_ip_blocks,
        } = raw;
        let fields = [
            (StatedKey::Principals, principals),
            (StatedKey::Namespaces, namespaces),
            (StatedKey::ServiceAccounts, service_accounts),
            (StatedKey::TrustDomains, trust_domains),
            (StatedKey::IpBlocks, ip_blocks),
            (StatedKey::RemoteIpBlocks, remote_ip_blocks),
            (StatedKey::RequestPrincipals, request_principals),
        ];
        let clause = |(key, field)| StatedClause::of_field(key, at, field, ValueForm::Text);
        Self {
            index,
            at: at.to_string(),
            clauses: fields.into_iter().filter_map(clause).collect(),
            ignore_case: false,
            bindings: Vec::new(),
        }
    }

    fn of_operation(index: usize, at: &FieldPath<'_>, raw: &RawOperation) -> Self {
        let RawOperation {
            hosts,
            host_regexes,
            ports,
            methods,
            paths,
            path_regexes,
            ignore_case,
            bindings,
        } = raw;
        let (text, regex) = (ValueForm::Text, ValueForm::Regex);
        let clauses = [
            StatedClause::of_field(StatedKey::Hosts, at, hosts, text),
            StatedClause::of_field(StatedKey::Hosts, at, host_regexes, regex),
            StatedClause::of_field(StatedKey::Ports, at, ports, text),
            StatedClause::of_field(StatedKey::Methods, at, methods, text),
            StatedClause::of_field(StatedKey::Paths, at, paths, text),
            StatedClause::of_field(StatedKey::Paths, at, path_regexes, regex),
        ];
        let bound = |(name, attribute): &(String, Option<String>)| Some((name.clone(), attribute.clone()?));
        Self {
            index,
            at: at.to_string(),
            clauses: clauses.into_iter().flatten().collect(),
            ignore_case: *ignore_case,
            bindings: bindings.iter().filter_map(bound).collect(),
        }
    }
}
