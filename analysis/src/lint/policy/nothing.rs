//! Policies without rules (S-4).

use spiffe_authz_policy::{StatedAction, StatedPolicy};

use crate::lint::{Lint, LintCode};

pub(super) fn look(policy: &StatedPolicy) -> Option<Lint> {
    if !policy.rules.is_empty() {
        return None;
    }
    let (code, message, help) = match policy.action {
        StatedAction::Allow => (
            LintCode::AllowNothing,
            "this policy has no rules: it allows nothing, and where no other allows something, everything is denied"
                .to_owned(),
            "if that is not meant, add a rule",
        ),
        action @ (StatedAction::Deny | StatedAction::Audit) => (
            LintCode::NoRules,
            format!("this {action} policy has no rules and never matches"),
            "add a rule, or remove the policy; `rules: [{}]` matches everything",
        ),
        StatedAction::Custom => return None,
    };
    Some(Lint::new(code, &policy.at, message).help(help))
}
