//! Rules that another rule makes needless, or void.

mod index;

use std::collections::{BTreeMap, HashSet};

use spiffe_authz_policy::{PolicyId, StatedAction, StatedPolicy};

use crate::lint::context::Context;
use crate::lint::covers::Comparable;
use crate::lint::omission::Bound;
use crate::lint::scope::includes;
use crate::lint::{Lint, LintCode};
use index::{Candidates, Index};

/// Looks at every rule beside those that may cover it.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    let lifted = lifted(context);
    let is_compared = |policy: &StatedPolicy| {
        !policy.is_dry_run && policy.exception.is_none() && !lifted.contains(&name_of(&policy.id))
    };
    let index = Index::new(context, is_compared);
    for policy in context
        .configuration
        .policies
        .iter()
        .filter(|policy| is_compared(policy))
    {
        look_at(context, &index, policy, lints);
    }
}

/// The DENY policies that some exception lifts: each decides by itself.
fn lifted<'a>(context: &Context<'a>) -> HashSet<(&'a str, &'a str)> {
    let policies = context.configuration.policies.iter();
    let exceptions = policies.filter_map(|policy| policy.exception.as_ref());
    exceptions
        .flat_map(|exception| exception.lifts.iter().map(name_of))
        .collect()
}

fn name_of(id: &PolicyId) -> (&str, &str) {
    (&id.namespace, &id.name)
}

fn look_at<'a>(context: &'a Context<'a>, index: &Index<'a>, policy: &'a StatedPolicy, lints: &mut Vec<Lint>) {
    let mut found = Vec::new();
    let mut wider: BTreeMap<usize, (&StatedPolicy, usize)> = BTreeMap::new();
    for rule in &policy.rules {
        let rule = Comparable {
            configuration: context.configuration,
            policy,
            rule,
        };
        if let Some(by) = denied(context, index, rule) {
            found.push(void(rule, by));
        } else if let Some(by) = covered(context, index, rule) {
            let (_, count) = wider.entry(by.policy.index).or_insert((by.policy, 0));
            *count = count.saturating_add(1);
            found.push(needless(rule, by));
        }
    }
    let whole = wider
        .into_values()
        .find(|(other, count)| other.index != policy.index && *count == policy.rules.len());
    match whole {
        Some((other, _)) if !is_equal(&found) => lints.push(narrower(policy, other)),
        Some(_) | None => lints.extend(found),
    }
}

/// Whether each rule is found to be the same as another, which says more than that one is wider.
fn is_equal(found: &[Lint]) -> bool {
    found.iter().all(|lint| lint.code == LintCode::DuplicateRule)
}

/// The rule that denies everything that this one allows.
fn denied<'a>(context: &Context<'a>, index: &Index<'a>, rule: Comparable<'a>) -> Option<Comparable<'a>> {
    if rule.policy.action != StatedAction::Allow {
        return None;
    }
    let candidates = index.candidates(StatedAction::Deny, rule);
    first(context, candidates, rule, |by| {
        includes(context.configuration, by.policy, rule.policy) && covers(context, by, rule)
    })
}

/// The rule that does already what this one does. Of two that are alike the later is needless.
fn covered<'a>(context: &Context<'a>, index: &Index<'a>, rule: Comparable<'a>) -> Option<Comparable<'a>> {
    let candidates = index.candidates(rule.policy.action, rule);
    first(context, candidates, rule, |by| {
        place(by) != place(rule)
            && speaks_for(context, by.policy, rule.policy)
            && covers(context, by, rule)
            && (place(by) < place(rule) || !is_alike(context, by, rule))
    })
}

/// The first of the candidates that is such; where there is none, others may be that were not looked at.
fn first<'a>(
    context: &Context<'_>,
    candidates: Candidates<'a>,
    rule: Comparable<'_>,
    is_such: impl Fn(Comparable<'a>) -> bool,
) -> Option<Comparable<'a>> {
    let found = candidates.rules.into_iter().find(|by| is_such(*by));
    let is_settled = found.is_some() || candidates.are_all;
    context
        .work
        .omit_unless(is_settled, Bound::RulesBeside, &rule.rule.at);
    found
}

/// Whether it covers the rule, as far as there is time to look.
fn covers(context: &Context<'_>, by: Comparable<'_>, rule: Comparable<'_>) -> bool {
    let work = by.weight().saturating_mul(rule.weight());
    context.work.compares_rules(work, &rule.rule.at) && by.covers(rule)
}

fn place(rule: Comparable<'_>) -> (usize, usize) {
    (rule.policy.index, rule.rule.index)
}

fn is_alike(context: &Context<'_>, by: Comparable<'_>, rule: Comparable<'_>) -> bool {
    includes(context.configuration, rule.policy, by.policy) && rule.covers(by)
}

/// Whether it makes no difference which of the two policies matches. An AUDIT policy names itself, and a response is the
/// policy's own (E-8).
fn speaks_for(context: &Context<'_>, by: &StatedPolicy, policy: &StatedPolicy) -> bool {
    let is_same = by.index == policy.index;
    let says_alike =
        policy.action != StatedAction::Audit && !by.has_deny_response && !policy.has_deny_response;
    is_same || (says_alike && includes(context.configuration, by, policy))
}

fn needless(rule: Comparable<'_>, by: Comparable<'_>) -> Lint {
    let other = name(rule, by);
    let (code, message) = if rule.covers(by) {
        let message = format!("this rule does nothing: {other} is the same");
        (LintCode::DuplicateRule, message)
    } else {
        let message = format!("this rule does nothing: {other} matches everything that it matches");
        (LintCode::ShadowedRule, message)
    };
    let lint = Lint::new(code, &rule.rule.at, message).help("remove it, or narrow the other");
    lint.beside(&by.rule.at, "matches all of it")
}

fn void(rule: Comparable<'_>, by: Comparable<'_>) -> Lint {
    let message = format!(
        "this rule allows nothing: everything that it matches is denied by {}",
        name(rule, by)
    );
    let lint = Lint::new(LintCode::DeniedAllow, &rule.rule.at, message);
    lint.help("remove it, or narrow the DENY rule")
        .beside(&by.rule.at, "denies all of it")
}

fn narrower(policy: &StatedPolicy, other: &StatedPolicy) -> Lint {
    let message = format!(
        "{} {} does nothing: {} beside it matches everything that it matches",
        policy.action, policy.id, other.id
    );
    let lint = Lint::new(LintCode::NarrowerPolicy, &policy.at, message);
    lint.help(format!("remove it, or narrow {}", other.id))
        .beside(&other.at, "is wider, and for the same workloads")
}

fn name(rule: Comparable<'_>, by: Comparable<'_>) -> String {
    if rule.policy.index == by.policy.index {
        format!("rule {}", by.rule.index)
    } else {
        format!("rule {} of {} {}", by.rule.index, by.policy.action, by.policy.id)
    }
}
