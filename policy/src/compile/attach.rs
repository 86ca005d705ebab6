//! Attaching: the policies that apply to the workload, put in order and together by what they do.

use std::cmp::Ordering;

use crate::attached::{Attached, DryRunEffect, DryRuns};
use crate::config::authorization_policy::Action;
use crate::config::metadata::{Enforcement, Metadata};
use crate::layer::Layer;
use crate::rule::policy::Policy;

/// A policy that applies to the workload, with what puts it into its place.
pub(crate) struct Compiled {
    pub(crate) metadata: Metadata,
    pub(crate) action: Action,
    pub(crate) policy: Policy,
}

/// The policies that apply to the workload, by what they do.
pub(crate) fn attach(policies: Vec<Compiled>) -> Attached {
    let mut policies = in_order(policies);
    let dry_run = dry_run(&mut policies);
    let mut layer = |action| Layer::new(layer(&mut policies, action));
    Attached {
        deny: layer(Action::Deny),
        allow: layer(Action::Allow),
        audit: layer(Action::Audit),
        dry_run: DryRuns::new(dry_run),
    }
}

/// In policy order. Numbers are sorted in the place of policies, and what compares them stands in one place alone: a sort has
/// room for many copies of either.
fn in_order(policies: Vec<Compiled>) -> Vec<Compiled> {
    let mut order: Vec<usize> = (0..policies.len()).collect();
    order.sort_by(|left, right| compare(policies.get(*left), policies.get(*right)));
    let mut policies: Vec<Option<Compiled>> = policies.into_iter().map(Some).collect();
    let take = |number: usize| policies.get_mut(number)?.take();
    order.into_iter().filter_map(take).collect()
}

#[inline(never)]
fn compare(left: Option<&Compiled>, right: Option<&Compiled>) -> Ordering {
    left.map(|compiled| compiled.metadata.order())
        .cmp(&right.map(|compiled| compiled.metadata.order()))
}

/// The policies that are not in force, in their order. AUDIT and CUSTOM policies have no dry run.
fn dry_run(attached: &mut Vec<Compiled>) -> Vec<(DryRunEffect, Policy)> {
    let effect = |action| match action {
        Action::Deny => Some(DryRunEffect::Deny),
        Action::Allow => Some(DryRunEffect::Allow),
        Action::Audit | Action::Custom => None,
    };
    attached
        .extract_if(.., |compiled| {
            compiled.metadata.enforcement == Enforcement::DryRun
        })
        .filter_map(|compiled| Some((effect(compiled.action)?, compiled.policy)))
        .collect()
}

/// The policies of one action, in their order.
fn layer(attached: &mut Vec<Compiled>, action: Action) -> Vec<Policy> {
    attached
        .extract_if(.., |compiled| compiled.action == action)
        .map(|compiled| compiled.policy)
        .collect()
}
