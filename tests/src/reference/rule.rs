//! S-3: "rule = OR(from) AND OR(to) AND AND(when)".

use serde_json::Value;

use super::condition;
use super::configuration::View;
use super::documents::{field, list};
use super::operation;
use super::policy::{Action, Policy};
use super::source;
use super::tcp;
use super::truth::{Answer, Truth, all, any};

/// Whether one rule of a policy holds.
pub(super) fn holds(view: &View<'_>, policy: &Policy<'_>, rule: &Value) -> Answer {
    if !view.is_tcp()? {
        return clauses_hold(view, policy, rule);
    }
    // S-10: "ALLOW narrows, DENY widens".
    match policy.action {
        Action::Allow if tcp::has_http_only(rule)? => Ok(Truth::False),
        Action::Allow => clauses_hold(view, policy, rule),
        Action::Deny | Action::Audit | Action::Custom => {
            clauses_hold(view, policy, &tcp::without_http_only(rule)?)
        }
    }
}

fn clauses_hold(view: &View<'_>, policy: &Policy<'_>, rule: &Value) -> Answer {
    let operation = |operation: &Value| operation::holds(view, operation);
    let source = |source: &Value| source::holds(view, policy, source);
    let from = || one_of(rule, "from", "source", source);
    let to = || one_of(rule, "to", "operation", operation);
    let when = || match list(rule, "when") {
        Ok(conditions) => all(conditions
            .iter()
            .map(|condition| condition::holds(view, policy, condition))),
        Err(error) => Err(error),
    };
    let clauses: [&dyn Fn() -> Answer; 3] = [&to, &from, &when];
    all(clauses.into_iter().map(|clause| clause()))
}

/// S-4: "`from: []` / `to: []`: as absent = any"; `source: {}`: any.
fn one_of(rule: &Value, clauses: &str, clause: &str, holds: impl Fn(&Value) -> Answer) -> Answer {
    match list(rule, clauses)? {
        [] => Ok(Truth::True),
        entries => any(entries
            .iter()
            .map(|entry| holds(field(entry, clause).unwrap_or(&Value::Null)))),
    }
}
