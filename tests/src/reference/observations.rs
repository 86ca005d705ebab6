//! S-2 AUDIT, "mark only", and section 0, "Dry run that can be trusted".

use super::configuration::View;
use super::decision::decide_with;
use super::layers::first_rule;
use super::policy::{Action, Policy};
use super::truth::Truth;
use crate::verdict::{Effect, Verdict};

/// Adds what is observed to the decision of the enforced policies.
pub(super) fn observe(
    view: &View<'_>,
    attached: &[Policy<'_>],
    mut verdict: Verdict,
) -> Result<Verdict, String> {
    for policy in attached {
        if policy.action == Action::Audit && first_rule(view, policy, Truth::is_not_false)?.is_some() {
            verdict.audited.push(policy.id());
        }
        if policy.dry_run {
            match (verdict.decision, promoted(view, attached, policy)?) {
                (Effect::Allow, Effect::Deny) => verdict.would_deny.push(policy.id()),
                (Effect::Deny, Effect::Allow) => verdict.would_allow.push(policy.id()),
                (Effect::Allow, Effect::Allow) | (Effect::Deny, Effect::Deny) => {}
            }
        }
    }
    Ok(verdict)
}

/// "counted is only a decision that would change if the policy were promoted": the enforced policies and this one.
fn promoted(view: &View<'_>, attached: &[Policy<'_>], dry_run: &Policy<'_>) -> Result<Effect, String> {
    let is_it = |policy: &Policy<'_>| (policy.namespace, policy.name) == (dry_run.namespace, dry_run.name);
    let in_force: Vec<Policy<'_>> = attached
        .iter()
        .copied()
        .filter(|policy| !policy.dry_run || is_it(policy))
        .collect();
    Ok(decide_with(view, &in_force)?.decision)
}
