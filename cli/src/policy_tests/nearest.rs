//! The ALLOW rule that came nearest to what was denied, for a case that failed.

use spiffe_authz_policy::{Decision, Denial, Got, JudgedClause, JudgedRule, PolicySet, Request};

/// The rule, and the first of its fields that does not hold; `None` where the request was not denied for want of a rule.
pub(super) fn nearest(policies: &PolicySet, request: &Request<'_>) -> Option<String> {
    let explanation = policies.explain(request);
    let Decision::Deny(Denial::NoMatchingAllow) = explanation.decision else {
        return None;
    };
    explanation.nearest().map(shown)
}

fn shown(judged: &JudgedRule<'_>) -> String {
    let rule = format!("{} rule {}", judged.rule.policy, judged.rule.index);
    match judged.failed().next() {
        Some(clause) => format!("{rule}, but for `{}`: {}", clause.key, got(clause)),
        None => rule,
    }
}

fn got(clause: &JudgedClause) -> String {
    match &clause.got {
        Got::Values(values) => {
            let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("the request has {}", values.join(", "))
        }
        Got::Absent => "the request has none".to_owned(),
        Got::NotTold => "it cannot be told".to_owned(),
        Got::NotAsked => "a connection has none".to_owned(),
    }
}
