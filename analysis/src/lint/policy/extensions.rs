//! What is not Istio's (E-1 to E-9).

use std::collections::BTreeSet;

use spiffe_authz_policy::{StatedClause, StatedKey, StatedPolicy, StatedRule, ValueForm};

use crate::lint::{Lint, LintCode};

/// Each extension is told once a policy, where it is used first.
pub(super) fn look(policy: &StatedPolicy, lints: &mut Vec<Lint>) {
    let mut told = BTreeSet::new();
    let of_rules = policy.rules.iter().flat_map(of_rule);
    for (number, what, at) in of_rules.chain(of_policy(policy)) {
        if told.insert(number) {
            lints.push(found(number, what, &at));
        }
    }
}

type Used = (u8, &'static str, String);

fn found(number: u8, what: &str, at: &str) -> Lint {
    let message = format!("{what} (E-{number}) are not Istio's: Istio's validation refuses this document");
    Lint::new(LintCode::Extension, at, message)
        .help("leave them out where the document is to be used with Istio too")
}

fn of_policy(policy: &StatedPolicy) -> impl Iterator<Item = Used> {
    let exception = (7, "exceptions", format!("{}.spec.exception", policy.at));
    let response = (
        8,
        "responses to a denial",
        format!("{}.spec.denyResponse", policy.at),
    );
    let exception = policy.exception.is_some().then_some(exception);
    exception
        .into_iter()
        .chain(policy.has_deny_response.then_some(response))
}

fn of_rule(rule: &StatedRule) -> impl Iterator<Item = Used> {
    let any_case = rule.to.iter().filter(|operation| operation.ignore_case);
    let any_case = any_case.map(|operation| (4, "paths in any case", operation.at.clone()));
    let bound = rule.to.iter().filter(|operation| !operation.bindings.is_empty());
    let bound = bound.map(|operation| (6, "names that are bound", operation.at.clone()));
    rule.clauses().flat_map(of_clause).chain(any_case).chain(bound)
}

fn of_clause(clause: &StatedClause) -> impl Iterator<Item = Used> {
    of_key(clause).into_iter().chain(of_values(clause))
}

fn of_key(clause: &StatedClause) -> Option<Used> {
    let at = || clause.at.clone();
    let is_certificate = matches!(
        clause.key,
        StatedKey::DnsSan | StatedKey::IssuerKeyId | StatedKey::RemainingSeconds
    );
    if is_certificate {
        Some((9, "conditions on the certificate", at()))
    } else if matches!(clause.key, StatedKey::Query(_)) {
        Some((2, "query parameters", at()))
    } else {
        None
    }
}

fn of_values(clause: &StatedClause) -> impl Iterator<Item = Used> {
    clause.values().filter_map(|value| match value.form {
        ValueForm::Regex => Some((1, "regular expressions", value.at.clone())),
        ValueForm::Number | ValueForm::Boolean if matches!(clause.key, StatedKey::Claim(_)) => {
            Some((5, "typed claims", value.at.clone()))
        }
        ValueForm::Text if clause.key == StatedKey::Ports && value.text.contains('-') => {
            Some((3, "port ranges", value.at.clone()))
        }
        ValueForm::Text | ValueForm::Number | ValueForm::Boolean => None,
    })
}
