//! Request principals that look like patterns and match no token (S-7).

use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

/// A value is split at its last `/` into issuer and subject.
pub(super) fn look(_: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if *value.key() != StatedKey::RequestPrincipals {
        return None;
    }
    let text = value.text();
    let (what, help) = match text.rsplit_once('/') {
        Some((_, "*")) if text.starts_with('*') => (
            "the star in front is looked at first, so it asks for the subject `*`".to_owned(),
            "write `*` for any token".to_owned(),
        ),
        Some((issuer, "*")) if issuer.ends_with(":/") => (
            format!("it asks for the issuer `{issuer}`"),
            "write the whole issuer, such as `https://issuer.example/*`, or `*` for any token".to_owned(),
        ),
        Some((_, "")) => (
            "it asks for an empty subject".to_owned(),
            format!("write `{text}*` for any subject"),
        ),
        None if !text.starts_with('*') && !text.ends_with('*') => (
            "without a `/` it is an issuer with an empty subject".to_owned(),
            format!("write `{text}/*` for any subject of this issuer"),
        ),
        Some(_) | None => return None,
    };
    let message = format!("`{text}` matches no ordinary token: {what}");
    Some(Lint::new(LintCode::RequestPrincipalForm, &value.value.at, message).help(help))
}
