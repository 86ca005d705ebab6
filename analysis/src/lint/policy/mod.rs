//! What is looked for in a policy.

mod denied_paths;
mod dry_run;
mod exception;
mod extensions;
mod nothing;
mod reach;
mod without_allow;

use crate::lint::context::Context;
use crate::lint::{Lint, LintCode};

/// Looks at every policy.
pub(super) fn look(context: &Context<'_>, lints: &mut Vec<Lint>) {
    let enforced = dry_run::Enforced::of(context);
    let open = denied_paths::Open::of(context);
    for policy in &context.configuration.policies {
        lints.extend(nothing::look(policy));
        lints.extend(reach::look(context, policy));
        lints.extend(exception::look(context, policy));
        extensions::look(policy, lints);
        denied_paths::look(context, &open, policy, lints);
        lints.extend(dry_run::look(context, &enforced, policy));
        lints.extend(selector(policy));
    }
    without_allow::look(context, lints);
}

/// A selector without labels selects everything.
fn selector(policy: &spiffe_authz_policy::StatedPolicy) -> Option<Lint> {
    let is_empty = policy.selector.as_ref().is_some_and(|labels| labels.is_empty());
    let at = format!("{}.spec.selector", policy.at);
    let message = "a selector without labels selects every workload of the namespace";
    let lint = Lint::new(LintCode::SelectorWithoutLabels, &at, message);
    is_empty
        .then(|| lint.help("remove the selector if that is meant, or add the label, such as `app: orders`"))
}
