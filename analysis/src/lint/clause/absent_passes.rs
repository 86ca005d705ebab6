//! An ALLOW rule that only excludes values of something that a request may leave out (S-5).

use spiffe_authz_policy::{StatedAction, StatedKey};

use crate::lint::context::PlacedClause;
use crate::lint::{Lint, LintCode};

pub(super) fn look(clause: PlacedClause<'_>) -> Option<Lint> {
    let optional = matches!(
        clause.clause.key,
        StatedKey::Header(_) | StatedKey::Query(_) | StatedKey::Claim(_) | StatedKey::RequestPrincipals
    );
    let excluded = &clause.clause.none_of;
    let first = excluded.first()?;
    let asks_for_absence = excluded.iter().any(|value| value.text == "*");
    let is_asked_for = clause
        .beside()
        .any(|beside| beside.key == clause.clause.key && !beside.any_of.is_empty());
    if !optional || clause.policy.action != StatedAction::Allow || asks_for_absence || is_asked_for {
        return None;
    }
    let key = &clause.clause.key;
    let message = format!(
        "a request without {key} is let through: only `{}` is excluded",
        first.text
    );
    let help = match key {
        key if *key == StatedKey::RequestPrincipals => "add `requestPrincipals: [\"*\"]`".to_owned(),
        key => format!("add `values: [\"*\"]` to the condition on {key} if it must be there"),
    };
    Some(Lint::new(LintCode::AbsentPasses, &first.at, message).help(help))
}
