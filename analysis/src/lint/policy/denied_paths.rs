//! DENY rules that name paths, beside ALLOW rules that let every path in.

use std::collections::HashMap;

use spiffe_authz_policy::{
    Profile, StatedAction, StatedAlternative, StatedClause, StatedKey, StatedPolicy, StatedRule, ValueForm,
};

use crate::lint::context::Context;
use crate::lint::{Lint, LintCode};

/// By namespace, an ALLOW rule in force that compares no paths.
pub(super) struct Open<'a> {
    by_namespace: HashMap<&'a str, (&'a StatedPolicy, &'a StatedRule)>,
    first: Option<(&'a StatedPolicy, &'a StatedRule)>,
}

impl<'a> Open<'a> {
    pub(super) fn of(context: &Context<'a>) -> Self {
        let mut open = Self {
            by_namespace: HashMap::new(),
            first: None,
        };
        let rules = context.rules().filter(|(policy, rule)| {
            policy.action == StatedAction::Allow
                && !policy.is_dry_run
                && policy.exception.is_none()
                && takes_every_path(rule)
        });
        for (policy, rule) in rules {
            open.first.get_or_insert((policy, rule));
            open.by_namespace
                .entry(&policy.id.namespace)
                .or_insert((policy, rule));
        }
        open
    }

    /// A rule for some workload that the policy is for as well, as far as namespaces tell.
    fn beside(
        &self,
        context: &Context<'_>,
        policy: &StatedPolicy,
    ) -> Option<(&'a StatedPolicy, &'a StatedRule)> {
        let root = context.configuration.root_namespace.as_str();
        if policy.id.namespace == root {
            return self.first;
        }
        let own = self.by_namespace.get(policy.id.namespace.as_str());
        own.or_else(|| self.by_namespace.get(root)).copied()
    }
}

/// Whether an operation of the rule, or the rule without any, names no paths.
fn takes_every_path(rule: &StatedRule) -> bool {
    let names_paths = |clause: &StatedClause| {
        clause.key == StatedKey::Paths
            && clause
                .any_of
                .iter()
                .any(|value| value.text != "*" && value.text != "/*")
    };
    let open = |operation: &StatedAlternative| !operation.clauses.iter().any(names_paths);
    rule.to.is_empty() || rule.to.iter().any(open)
}

pub(super) fn look(context: &Context<'_>, open: &Open<'_>, policy: &StatedPolicy, lints: &mut Vec<Lint>) {
    if policy.action != StatedAction::Deny || policy.is_dry_run {
        return;
    }
    let Some((allow, allowing)) = open.beside(context, policy) else {
        return;
    };
    for operation in policy.rules.iter().flat_map(|rule| &rule.to) {
        let is_covered = operation.ignore_case && context.configuration.profile == Profile::ZeroTrust;
        let paths = operation
            .clauses
            .iter()
            .filter(|clause| clause.key == StatedKey::Paths);
        let first = paths
            .flat_map(|clause| &clause.any_of)
            .find(|value| value.form == ValueForm::Text && value.text.starts_with('/') && value.text != "/*");
        if let Some(first) = first.filter(|_| !is_covered) {
            lints.push(found(context, (&first.text, &first.at), allow, allowing));
        }
    }
}

fn found(context: &Context<'_>, (text, at): (&str, &str), allow: &StatedPolicy, rule: &StatedRule) -> Lint {
    let other = match context.configuration.profile {
        Profile::Istio => "in another case, or written with `//`, `%2f` or `;`,",
        Profile::ZeroTrust => "in another case",
    };
    let message = format!(
        "a path like `{text}` {other} is not denied, and rule {} of {} lets every path in",
        rule.index, allow.id
    );
    let help = match context.configuration.profile {
        Profile::Istio => "name the paths that are allowed in the ALLOW rule",
        Profile::ZeroTrust => {
            "name the paths that are allowed in the ALLOW rule, or add `ignoreCase: true` beside the paths (E-4)"
        }
    };
    Lint::new(LintCode::DeniedPath, at, message)
        .help(help)
        .beside(&rule.at, "lets every path in")
}
