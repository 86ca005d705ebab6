//! Clauses that cannot hold together.

use spiffe_authz_policy::{StatedClause, StatedKey, StatedPolicy, StatedRule};

use crate::lint::context::{Context, PlacedClause};
use crate::lint::covers::own_workload;
use crate::lint::omission::{Bound, CLAUSES_OF_A_RULE, VALUES_OF_A_LIST};
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, policy: &StatedPolicy, rule: &StatedRule, lints: &mut Vec<Lint>) {
    let alternatives = rule.from.iter().chain(&rule.to);
    for alternative in alternatives {
        let beside: Vec<_> = alternative.clauses.iter().chain(&rule.when).collect();
        let beside = first_of(context, &beside, &alternative.at);
        let own = alternative.clauses.iter();
        let place = |clause| PlacedClause {
            policy,
            rule,
            alternative: Some(alternative),
            clause,
        };
        let mut pairs = own.enumerate().flat_map(|(index, clause)| {
            let others = beside.iter().skip(index.saturating_add(1));
            others.map(move |other| (clause, *other))
        });
        lints.extend(pairs.find_map(|(one, other)| found(context, place(one), other, &alternative.at)));
    }
    let when = first_of(context, &rule.when, &rule.at);
    let mut conditions = when.iter().enumerate().flat_map(|(index, clause)| {
        let others = when.iter().skip(index.saturating_add(1));
        others.map(move |other| (clause, other))
    });
    let place = |clause| PlacedClause {
        policy,
        rule,
        alternative: None,
        clause,
    };
    lints.extend(conditions.find_map(|(one, other)| found(context, place(one), other, &one.at)));
}

/// As many clauses as are compared with each other.
fn first_of<'c, C>(context: &Context<'_>, clauses: &'c [C], at: &str) -> &'c [C] {
    let first = clauses.get(..CLAUSES_OF_A_RULE);
    let is_whole = clauses.len() <= CLAUSES_OF_A_RULE;
    context.work.omit_unless(is_whole, Bound::LongRule, at);
    first.unwrap_or(clauses)
}

fn found(context: &Context<'_>, one: PlacedClause<'_>, other: &StatedClause, at: &str) -> Option<Lint> {
    if one.may_be_unknown(context) || !excludes(context, one, other) {
        return None;
    }
    let (first, second) = (one.clause.any_of.first()?, other.any_of.first()?);
    let message = format!(
        "{}: nothing is {} `{}` and {} `{}` at once",
        one.never(),
        one.clause.key,
        first.text,
        other.key,
        second.text
    );
    let lint = Lint::new(LintCode::Contradiction, at, message);
    Some(
        lint.help("a rule for each, as two list items, matches either")
            .beside(&second.at, "cannot hold beside it"),
    )
}

fn excludes(context: &Context<'_>, one: PlacedClause<'_>, other: &StatedClause) -> bool {
    let (wanted, others) = (&one.clause.any_of, &other.any_of);
    let are_comparable = !wanted.is_empty() && !others.is_empty();
    if !are_comparable || !may_exclude(&one.clause.key, &other.key) {
        return false;
    }
    let count = wanted.len().saturating_add(others.len());
    let pairs = wanted.len().saturating_mul(others.len());
    let at = &one.clause.at;
    let is_short = count <= VALUES_OF_A_LIST;
    if !context.work.omit_unless(is_short, Bound::LongLists, at) || !context.work.compares_values(pairs, at) {
        return false;
    }
    let reading = one.reading(context);
    if one.clause.key == other.key {
        return wanted
            .iter()
            .all(|value| others.iter().all(|other| reading.excludes(value, other)));
    }
    in_another_namespace(context, one.clause, other) || in_another_namespace(context, other, one.clause)
}

/// Whether clauses of these keys can ever contradict each other.
fn may_exclude(one: &StatedKey, other: &StatedKey) -> bool {
    let names_workloads = |key| matches!(key, &StatedKey::Principals | &StatedKey::Namespaces);
    if one == other {
        has_one_value(one)
    } else {
        names_workloads(one) && names_workloads(other)
    }
}

/// Whether a request has one value of the attribute at most. Headers may be repeated, claims may be lists.
fn has_one_value(key: &StatedKey) -> bool {
    matches!(
        key,
        StatedKey::Principals
            | StatedKey::ServiceAccounts
            | StatedKey::TrustDomains
            | StatedKey::IpBlocks
            | StatedKey::RemoteIpBlocks
            | StatedKey::DestinationIp
            | StatedKey::Hosts
            | StatedKey::Ports
            | StatedKey::Methods
            | StatedKey::Paths
            | StatedKey::Sni
    )
}

/// Whether all principals are workloads of the mesh, and none of them in one of the namespaces.
fn in_another_namespace(context: &Context<'_>, principals: &StatedClause, namespaces: &StatedClause) -> bool {
    let is_pair = principals.key == StatedKey::Principals && namespaces.key == StatedKey::Namespaces;
    let named = &namespaces.any_of;
    is_pair
        && named.iter().all(|value| !value.text.contains('*'))
        && principals.any_of.iter().all(|value| {
            own_workload(context.configuration, value)
                .is_some_and(|(namespace, _)| named.iter().all(|value| value.text != namespace))
        })
}
