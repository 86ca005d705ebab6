//! Methods in lower case.

use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

/// Methods are compared case-sensitively, and those of HTTP are in upper case.
pub(super) fn look(_: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let is_method = *value.key() == StatedKey::Methods || value.is_header(":method");
    let text = value.text();
    if !is_method || !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let message = format!(
        "`{text}` matches no request: methods are compared case-sensitively, and HTTP's are in upper case"
    );
    let lint = Lint::new(LintCode::MethodCase, &value.value.at, message);
    Some(lint.help(format!("write `{}`", text.to_ascii_uppercase())))
}
