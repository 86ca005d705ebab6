//! A claim that is probably a number or a boolean, compared as text (S-5, E-5).

use spiffe_authz_policy::{StatedKey, ValueForm};

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

/// The claims of a token that are numbers by their definition (RFC 7519, 4.1).
const TIMES: [&str; 3] = ["exp", "iat", "nbf"];

pub(super) fn look(_: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let StatedKey::Claim(path) = value.key() else {
        return None;
    };
    if value.value.form != ValueForm::Text {
        return None;
    }
    let text = value.text();
    let is_time = matches!(path.as_slice(), [name] if TIMES.contains(&name.as_str()));
    let help = match text {
        "true" | "false" => format!("write `booleans: [{text}]` if the claim is a boolean (E-5)"),
        _ if is_time => format!("write `numbers: [\"{text}\"]` (E-5)"),
        _ => return None,
    };
    let message =
        format!("`{text}` matches a claim that is text: a number or a boolean never matches `values`");
    Some(Lint::new(LintCode::ClaimNotText, &value.value.at, message).help(help))
}
