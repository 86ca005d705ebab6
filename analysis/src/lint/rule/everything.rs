//! `rules: [{}]` (S-4).

use spiffe_authz_policy::{Profile, StatedAction, StatedPolicy, StatedRule};

use crate::lint::context::Context;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, policy: &StatedPolicy, rule: &StatedRule) -> Option<Lint> {
    if rule.clauses().next().is_some() {
        return None;
    }
    match policy.action {
        StatedAction::Allow => Some(allowed(context, rule)),
        StatedAction::Deny => Some(denied(rule)),
        StatedAction::Audit | StatedAction::Custom => None,
    }
}

fn allowed(context: &Context<'_>, rule: &StatedRule) -> Lint {
    let who = match context.configuration.profile {
        Profile::Istio => "every request of everyone, in plaintext too unless PeerAuthentication is STRICT",
        Profile::ZeroTrust => {
            "every request of everyone, in plaintext too where PeerAuthentication is not STRICT"
        }
    };
    let message = format!("this rule matches {who}");
    let lint = Lint::new(LintCode::AllowEverything, &rule.at, message);
    lint.help("name who may do what; `from: [{source: {principals: [\"*\"]}}]` asks for an identity at least")
}

fn denied(rule: &StatedRule) -> Lint {
    let message = "this rule denies every request, whatever any ALLOW policy says";
    let lint = Lint::new(LintCode::DenyEverything, &rule.at, message);
    lint.help(
        "if nothing is to be allowed yet, an ALLOW policy without rules says so and leaves room for others",
    )
}
