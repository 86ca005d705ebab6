//! A rule as an RBAC policy.

use serde_json::{Value, json};

use crate::config::authorization_policy::Action;
use crate::config::authorization_policy::rule::RawRule;
use crate::rbac::clause::Side;
use crate::rbac::condition::{self, Key};
use crate::rbac::place::{Chain, Place};
use crate::rbac::{operation, source};

/// The RBAC policy of a rule; `None` after a value that means nothing.
pub(super) fn policy(rule: &RawRule, place: Place<'_>) -> Option<Value> {
    let permissions = half(Side::Permission, rule, place, &rule.to, operation::parts)?;
    let principals = half(Side::Principal, rule, place, &rule.from, source::parts)?;
    Some(json!({"permissions": permissions, "principals": principals}))
}

/// What stands for a policy without rules: it matches nothing (S-4).
pub(super) fn never() -> Value {
    let anything = || json!({"any": true});
    json!({
        "permissions": [Side::Permission.not(anything())],
        "principals": [Side::Principal.not(anything())],
    })
}

/// Whether a rule is left out of a chain: an ALLOW rule must not allow more where its HTTP fields cannot be seen (S-10).
pub(super) fn is_left_out(rule: &RawRule, place: Place<'_>) -> bool {
    match (place.chain, place.action) {
        (Chain::Tcp, Action::Allow) => reads_http(rule),
        (Chain::Tcp, Action::Deny | Action::Audit | Action::Custom) | (Chain::Http, _) => false,
    }
}

fn reads_http(rule: &RawRule) -> bool {
    let RawRule { from, to, when } = rule;
    from.iter().any(|(_, source)| source::reads_http(source))
        || to.iter().any(|(_, operation)| operation::reads_http(operation))
        || when
            .iter()
            .any(|(_, condition)| Key::parse(&condition.key).is_some_and(|key| key.is_http()))
}

/// One half of the policy: one entry for each clause, with every condition of this side in each; without a clause the
/// conditions alone.
fn half<T>(
    side: Side,
    rule: &RawRule,
    place: Place<'_>,
    clauses: &[(usize, T)],
    parts: impl Fn(&T, Place<'_>) -> Option<Vec<Value>>,
) -> Option<Vec<Value>> {
    let conditions = || {
        let each = rule
            .when
            .iter()
            .map(|(_, condition)| condition::parts(condition, side, place));
        each.collect::<Option<Vec<_>>>().map(|parts| parts.concat())
    };
    if clauses.is_empty() {
        return Some(vec![side.all(conditions()?)]);
    }
    let entry = |(_, clause): &(usize, T)| {
        let mut parts = parts(clause, place)?;
        parts.extend(conditions()?);
        Some(side.all(parts))
    };
    clauses.iter().map(entry).collect()
}
