//! Paths that no request has.

use spiffe_authz_policy::{StatedKey, ValueForm};

use crate::lint::context::{Context, PlacedValue};
use crate::lint::form::Form;
use crate::lint::{Lint, LintCode};

/// A path begins with a slash and is compared without query and fragment.
pub(super) fn look(_: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if *value.key() != StatedKey::Paths || value.value.form != ValueForm::Text {
        return None;
    }
    let text = value.text();
    if text.trim() != text {
        return None;
    }
    let (why, help) = query(text).or_else(|| no_slash(Form::of(text), text))?;
    let message = format!("`{text}` matches no request: {why}");
    Some(Lint::new(LintCode::ImpossiblePath, &value.value.at, message).help(help))
}

fn query(text: &str) -> Option<(&'static str, String)> {
    let (path, _) = text.split_once(['?', '#'])?;
    let why = "paths are compared without query and fragment";
    let help = format!("write `{path}`, and compare the query with `request.query[NAME]` (E-2)");
    Some((why, help))
}

fn no_slash(form: Form<'_>, text: &str) -> Option<(&'static str, String)> {
    match form {
        Form::Exact(literal) | Form::Prefix(literal) if !literal.starts_with('/') => {
            Some(("a path begins with `/`", format!("write `/{text}`")))
        }
        Form::Any | Form::Suffix(_) | Form::Exact(_) | Form::Prefix(_) => None,
    }
}
