//! Policies that do not reach the workload that the configuration names (S-1).

use spiffe_authz_policy::{StatedPolicy, Workload};

use crate::lint::context::Context;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, policy: &StatedPolicy) -> Option<Lint> {
    let workload = context.configuration.workload.as_ref()?;
    let is_sidecar = workload.gateway().is_none() && workload.waypoint.is_none();
    if !is_near(context, policy, workload) {
        return Some(far(context, policy, workload));
    }
    (is_sidecar && !policy.targets.is_empty()).then(|| at_sidecar(policy))
}

fn is_near(context: &Context<'_>, policy: &StatedPolicy, workload: &Workload) -> bool {
    let namespace = &policy.id.namespace;
    let services = workload.waypoint.iter().flat_map(|waypoint| &waypoint.services);
    *namespace == context.configuration.root_namespace
        || *namespace == workload.namespace
        || services
            .into_iter()
            .any(|service| service.namespace == *namespace)
}

fn far(context: &Context<'_>, policy: &StatedPolicy, workload: &Workload) -> Lint {
    let message = format!(
        "{} never applies to the workload of this configuration, which is in namespace {}",
        policy.id, workload.namespace
    );
    let help = format!(
        "for this workload it lies in namespace {}, or for the whole mesh in {}",
        workload.namespace, context.configuration.root_namespace
    );
    Lint::new(LintCode::OutOfReach, &policy.at, message).help(help)
}

fn at_sidecar(policy: &StatedPolicy) -> Lint {
    let target = policy.targets.first();
    let target = target.map_or_else(String::new, |target| format!("{} {}", target.kind, target.name));
    let message = format!(
        "{} is attached to {target} and never applies to a sidecar",
        policy.id
    );
    let at = format!("{}.spec.targetRefs", policy.at);
    let lint = Lint::new(LintCode::TargetAtSidecar, &at, message);
    lint.help("select the workload with `selector: {matchLabels: {...}}`")
}
