//! White space at either end of a value.

use spiffe_authz_policy::ValueForm;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

pub(super) fn look(_: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let text = value.text();
    let bare = text.trim();
    if bare == text || value.value.form != ValueForm::Text {
        return None;
    }
    let message = format!(
        "the white space around `{}` is part of the value",
        text.escape_debug()
    );
    Some(Lint::new(LintCode::Blanks, &value.value.at, message).help(format!("write `{bare}`")))
}
