//! A DENY rule by identity, which a peer without one meets differently in the two profiles (section 0).

use spiffe_authz_policy::{Profile, StatedAction};

use crate::lint::context::{Context, PlacedClause};
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, clause: PlacedClause<'_>) -> Option<Lint> {
    let first = clause.clause.any_of.first()?;
    if clause.policy.action != StatedAction::Deny || !clause.clause.key.is_identity() {
        return None;
    }
    let (message, help) = match context.configuration.profile {
        Profile::Istio => (
            "a peer in plaintext is not denied by this rule; profile zero-trust denies it, since it cannot show who it is",
            "add a rule `from: [{source: {notPrincipals: [\"*\"]}}]` to deny plaintext too",
        ),
        Profile::ZeroTrust => (
            "a peer in plaintext is denied by this rule, since it cannot show who it is; profile istio does not deny it",
            "for profile istio, add a rule `from: [{source: {notPrincipals: [\"*\"]}}]`",
        ),
    };
    Some(Lint::new(LintCode::ProfileDifference, &first.at, message).help(help))
}
