//! Clauses that cannot hold together.

use spiffe_authz_policy::{StatedClause, StatedKey, StatedPolicy, StatedRule};

use crate::lint::context::{Context, PlacedClause};
use crate::lint::covers::own_workload;
use crate::lint::{Lint, LintCode};

/// How many clauses are compared with each other at most.
const MOST_CLAUSES: usize = 64;

/// How many values two clauses may have together to be compared.
const MOST_COMPARED: usize = 64;

pub(super) fn look(context: &Context<'_>, policy: &StatedPolicy, rule: &StatedRule, lints: &mut Vec<Lint>) {
    let alternatives = rule.from.iter().chain(&rule.to);
    for alternative in alternatives {
        let beside: Vec<_> = alternative
            .clauses
            .iter()
            .chain(&rule.when)
            .take(MOST_CLAUSES)
            .collect();
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
    let mut conditions = rule
        .when
        .iter()
        .take(MOST_CLAUSES)
        .enumerate()
        .flat_map(|(index, clause)| {
            let others = rule.when.iter().take(MOST_CLAUSES).skip(index.saturating_add(1));
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
    let count = wanted.len().saturating_add(others.len());
    if wanted.is_empty() || others.is_empty() || count > MOST_COMPARED {
        return false;
    }
    if !context
        .values_left
        .spend(wanted.len().saturating_mul(others.len()))
    {
        return false;
    }
    let reading = one.reading(context);
    if one.clause.key == other.key {
        return has_one_value(&other.key)
            && wanted
                .iter()
                .all(|value| others.iter().all(|other| reading.excludes(value, other)));
    }
    in_another_namespace(context, one.clause, other) || in_another_namespace(context, other, one.clause)
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
