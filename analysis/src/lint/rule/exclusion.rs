//! An ALLOW rule that says only who is not meant (S-5, trap 1).

use spiffe_authz_policy::{Profile, StatedAction, StatedClause, StatedPolicy, StatedRule};

use crate::lint::context::Context;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, policy: &StatedPolicy, rule: &StatedRule, lints: &mut Vec<Lint>) {
    if policy.action != StatedAction::Allow {
        return;
    }
    let names_someone = |clauses: &[StatedClause]| {
        clauses
            .iter()
            .any(|clause| clause.key.is_identity() && !clause.any_of.is_empty())
    };
    if names_someone(&rule.when) {
        return;
    }
    let sources = rule.from.iter().map(|source| source.clauses.as_slice());
    let all_named = !rule.from.is_empty() && sources.clone().all(names_someone);
    let conditions = (!all_named).then_some(rule.when.as_slice());
    let parts = sources.chain(conditions);
    for clauses in parts.filter(|clauses| !names_someone(clauses)) {
        let excluding = clauses.iter().find(|clause| clause.key.is_identity());
        lints.extend(excluding.and_then(|clause| found(context, clause)));
    }
}

fn found(context: &Context<'_>, clause: &StatedClause) -> Option<Lint> {
    let first = clause.none_of.first()?;
    let message = match context.configuration.profile {
        Profile::Istio => format!(
            "everyone but `{}` is allowed, and a peer in plaintext too, which is nobody",
            first.text
        ),
        Profile::ZeroTrust => format!(
            "everyone with an identity but `{}` is allowed; in profile istio a peer in plaintext too",
            first.text
        ),
    };
    let lint = Lint::new(LintCode::AllowByExclusion, &first.at, message);
    Some(lint.help("name who is allowed, or add `principals: [\"*\"]` beside it"))
}
