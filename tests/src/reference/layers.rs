//! S-2 and E-7: DENY, the exceptions from it, ALLOW, and the profile's default.

use super::configuration::{Profile, View};
use super::documents::{list, text, text_field};
use super::policy::{Action, Policy};
use super::request::read_time;
use super::rule;
use super::truth::Truth;
use crate::verdict::Effect;

/// What the policies decide: the effect, the cause, and the policy and rule that decided.
pub(super) struct Outcome<'p, 'd> {
    pub(super) effect: Effect,
    pub(super) cause: &'static str,
    pub(super) rule: Option<(&'p Policy<'d>, usize)>,
}

/// Asks the policies in force, which stand in policy order.
pub(super) fn ask<'p, 'd>(view: &View<'_>, in_force: &'p [Policy<'d>]) -> Result<Outcome<'p, 'd>, String> {
    let mut lifted = None;
    for policy in in_force.iter().filter(|policy| policy.action == Action::Deny) {
        let Some(index) = first_rule(view, policy, Truth::is_not_false)? else {
            continue;
        };
        match exception_from(view, policy, in_force)? {
            // "if any enforced DENY policy matches: DENY"
            None => return Ok(outcome(Effect::Deny, "matched-deny", Some((policy, index)))),
            // "the first exception policy that lifts the first applying DENY policy"
            Some(exception) => lifted = lifted.or(Some(exception)),
        }
    }
    // E-7: "A request that a DENY policy would have denied, and that no other denies, is allowed for the cause
    // `matched-exception`".
    if lifted.is_some() {
        return Ok(outcome(Effect::Allow, "matched-exception", lifted));
    }
    ask_allow(view, in_force)
}

fn ask_allow<'p, 'd>(view: &View<'_>, in_force: &'p [Policy<'d>]) -> Result<Outcome<'p, 'd>, String> {
    let allow: Vec<_> = in_force
        .iter()
        .filter(|policy| policy.action == Action::Allow)
        .collect();
    // "if no enforced ALLOW policy is attached: ALLOW"; zero-trust: deny.
    if allow.is_empty() {
        let effect = match view.profile {
            Profile::ZeroTrust => Effect::Deny,
            Profile::Istio => Effect::Allow,
        };
        return Ok(outcome(effect, "no-allow-policy", None));
    }
    // "if any enforced ALLOW policy matches: ALLOW"
    for policy in allow {
        if !is_live(view, policy)? {
            continue;
        }
        if let Some(index) = first_rule(view, policy, Truth::is_true)? {
            return Ok(outcome(Effect::Allow, "matched-allow", Some((policy, index))));
        }
    }
    Ok(outcome(Effect::Deny, "no-matching-allow", None))
}

fn outcome<'p, 'd>(
    effect: Effect,
    cause: &'static str,
    rule: Option<(&'p Policy<'d>, usize)>,
) -> Outcome<'p, 'd> {
    Outcome { effect, cause, rule }
}

/// The first rule of a policy that applies. S-4: a null rule is skipped.
pub(super) fn first_rule(
    view: &View<'_>,
    policy: &Policy<'_>,
    applies: fn(Truth) -> bool,
) -> Result<Option<usize>, String> {
    for (index, rule) in policy.rules()?.iter().enumerate() {
        if applies(rule::holds(view, policy, rule)?) {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// E-7: "From `until` on, or where the time is not known, the policy matches nothing". Other policies have no end.
fn is_live(view: &View<'_>, policy: &Policy<'_>) -> Result<bool, String> {
    let Some(exception) = policy.exception() else {
        return Ok(true);
    };
    let until = read_time(text_field(exception, "until")?.ok_or("no `until`")?)?;
    Ok(view.time()?.is_some_and(|now| now < until))
}

/// E-7: "lifts the named DENY policies from the requests that one of its rules matches".
fn exception_from<'p, 'd>(
    view: &View<'_>,
    denying: &Policy<'_>,
    in_force: &'p [Policy<'d>],
) -> Result<Option<(&'p Policy<'d>, usize)>, String> {
    for policy in in_force {
        if !lifts(policy, denying)? || !is_live(view, policy)? {
            continue;
        }
        if let Some(index) = first_rule(view, policy, Truth::is_true)? {
            return Ok(Some((policy, index)));
        }
    }
    Ok(None)
}

fn lifts(policy: &Policy<'_>, denying: &Policy<'_>) -> Result<bool, String> {
    let Some(exception) = policy.exception() else {
        return Ok(false);
    };
    for id in list(exception, "lifts")? {
        if denying.is_named(text(id)?) {
            return Ok(true);
        }
    }
    Ok(false)
}
