//! DENY policies where nothing says what is allowed (profile istio, S-2).

use std::collections::BTreeSet;

use spiffe_authz_policy::{StatedAction, StatedPolicy};

use crate::lint::context::Context;
use crate::lint::{Lint, LintCode};

/// Told once a namespace, at its first DENY policy.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    if !context.is_istio() {
        return;
    }
    let is_in_force = |action| move |policy: &&StatedPolicy| policy.action == action && !policy.is_dry_run;
    let policies = &context.configuration.policies;
    let mut done: BTreeSet<&str> = policies
        .iter()
        .filter(is_in_force(StatedAction::Allow))
        .map(|policy| policy.id.namespace.as_str())
        .collect();
    if done.contains(context.configuration.root_namespace.as_str()) {
        return;
    }
    for policy in policies.iter().filter(is_in_force(StatedAction::Deny)) {
        if done.insert(&policy.id.namespace) {
            lints.push(found(policy));
        }
    }
}

fn found(policy: &StatedPolicy) -> Lint {
    let message = format!(
        "no ALLOW policy is in force in namespace {}: in profile istio everything that {} does not deny is allowed",
        policy.id.namespace, policy.id
    );
    let lint = Lint::new(LintCode::DenyAlone, &policy.at, message);
    lint.help("add an ALLOW policy that says who may do what; one without rules allows nothing")
}
