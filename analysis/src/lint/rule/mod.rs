//! What is looked for in a rule.

mod contradiction;
mod everything;
mod exclusion;
mod split;
mod tcp;

use crate::lint::Lint;
use crate::lint::context::Context;

/// Looks at every rule.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    for policy in &context.configuration.policies {
        split::look(policy, lints);
        for rule in &policy.rules {
            lints.extend(everything::look(context, policy, rule));
            exclusion::look(context, policy, rule, lints);
            tcp::look(policy, rule, lints);
            contradiction::look(context, policy, rule, lints);
        }
    }
}
