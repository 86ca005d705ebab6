//! ALLOW policies of which every one is a dry run (S-8, trap 16).

use std::collections::HashMap;

use spiffe_authz_policy::{Profile, StatedAction, StatedPolicy};

use crate::lint::context::Context;
use crate::lint::omission::{Bound, POLICIES_BESIDE_A_DRY_RUN};
use crate::lint::scope::includes;
use crate::lint::{Lint, LintCode};

/// The ALLOW policies in force, by namespace; those without labels first.
pub(super) struct Enforced<'a>(HashMap<&'a str, Vec<&'a StatedPolicy>>);

impl<'a> Enforced<'a> {
    pub(super) fn of(context: &Context<'a>) -> Self {
        let mut by_namespace: HashMap<&str, Vec<&StatedPolicy>> = HashMap::new();
        for policy in &context.configuration.policies {
            if policy.action == StatedAction::Allow && !policy.is_dry_run {
                by_namespace.entry(&policy.id.namespace).or_default().push(policy);
            }
        }
        for policies in by_namespace.values_mut() {
            policies.sort_by_key(|policy| policy.selector.as_ref().map_or(0, |labels| labels.len()));
        }
        Self(by_namespace)
    }

    fn near(&self, namespace: &str) -> &[&'a StatedPolicy] {
        self.0.get(namespace).map_or(&[], Vec::as_slice)
    }
}

pub(super) fn look(context: &Context<'_>, enforced: &Enforced<'_>, policy: &StatedPolicy) -> Option<Lint> {
    if policy.action != StatedAction::Allow || !policy.is_dry_run {
        return None;
    }
    let root = &context.configuration.root_namespace;
    let near = enforced.near(&policy.id.namespace);
    let mut others = enforced.near(root).iter().chain(near);
    let most = near.len().max(enforced.near(root).len());
    let is_compared = most <= POLICIES_BESIDE_A_DRY_RUN;
    if !context.work.omit_unless(is_compared, Bound::DryRun, &policy.at)
        || others.any(|other| includes(context.configuration, other, policy))
    {
        return None;
    }
    let what = match context.configuration.profile {
        Profile::Istio => "everything that no DENY policy denies is allowed",
        Profile::ZeroTrust => "everything is denied",
    };
    let message = format!(
        "{} is a dry run, and no ALLOW policy in force is for the same workloads: {what}",
        policy.id
    );
    let lint = Lint::new(LintCode::DryRunAlone, &policy.at, message);
    Some(lint.help("remove the annotation `istio.io/dry-run`, or put an ALLOW policy in force beside it"))
}
