//! DENY policies that name paths: what is not named gets through.

use spiffe_authz_policy::{StatedAction, StatedKey, StatedValue, ValueForm};

use crate::lint::context::{Context, PlacedValue, Polarity};
use crate::lint::form::Form;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if value.policy.action != StatedAction::Deny || value.polarity != Polarity::Wanted {
        return None;
    }
    if value.is_header(":path") {
        return Some(raw(value));
    }
    let is_path = *value.key() == StatedKey::Paths && value.value.form == ValueForm::Text;
    if !is_path {
        return None;
    }
    template(context, value).or_else(|| slash(context, value))
}

/// `request.headers[:path]` is the path with its query.
fn raw(value: &PlacedValue<'_>) -> Lint {
    let message = format!(
        "`{}` is compared with the path and its query: the same path with `?x` behind it is not denied",
        value.text()
    );
    let lint = Lint::new(LintCode::DeniedRawPath, &value.value.at, message);
    lint.help(format!("write `paths: [\"{}\"]` in an operation", value.text()))
}

/// In profile istio the operators of a template run over a set of characters.
fn template(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let text = value.text();
    if !context.is_istio() || !(text.contains("{*}") || text.contains("{**}")) {
        return None;
    }
    let message = format!(
        "`{text}` does not deny a path with a character that templates do not take in profile istio, such as `|`"
    );
    let (prefix, _) = text.split_once('{')?;
    let help = format!("write the prefix `{prefix}*`, or turn the policy round: ALLOW what may be asked for");
    Some(Lint::new(LintCode::DeniedTemplate, &value.value.at, message).help(help))
}

/// Many servers answer `/admin/` as they answer `/admin`.
fn slash(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let text = value.text();
    let Form::Exact(path) = Form::of(text) else {
        return None;
    };
    let is_page = path.starts_with('/') && !path.ends_with('/') && !path.contains(['{', '?', '#', '*']);
    if !is_page || path.trim() != path {
        return None;
    }
    let with_slash = format!("{path}/");
    let catches = |other: &StatedValue| {
        other.form == ValueForm::Regex || Form::of(&other.text).covers(Form::Exact(&with_slash))
    };
    if value.any_beside(context, catches)? {
        return None;
    }
    let message =
        format!("`{with_slash}` is not denied by `{text}`, and many servers take it for the same page");
    Some(Lint::new(LintCode::DeniedPathSlash, &value.value.at, message).help(format!("add `{path}/*`")))
}
