//! Principals that no SPIFFE ID can be (SPIFFE-ID standard, section 2).

use spiffe_authz_policy::StatedKey;

use crate::lint::context::{Context, PlacedValue};
use crate::lint::form::Form;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if *value.key() != StatedKey::Principals {
        return None;
    }
    let form = Form::of(context.without_scheme(value.text()));
    let literal = form.literal();
    // Those have lints of their own.
    if literal.contains('*') || literal.starts_with("spiffe://") || has_blanks(literal) {
        return None;
    }
    let (why, help) = missing_trust_domain(context, form)
        .or_else(|| upper_case(form))
        .or_else(|| empty_segment(form))
        .or_else(|| other_characters(literal))?;
    let message = format!("`{}` fits no SPIFFE ID: {why}", value.text());
    Some(Lint::new(LintCode::ImpossiblePrincipal, &value.value.at, message).help(help))
}

type Reason = Option<(String, String)>;

fn has_blanks(text: &str) -> bool {
    text.trim() != text
}

/// `ns/shop/sa/orders` and `/ns/shop/sa/orders`.
fn missing_trust_domain(context: &Context<'_>, form: Form<'_>) -> Reason {
    let (Form::Exact(text) | Form::Prefix(text)) = form else {
        return None;
    };
    let path = text.strip_prefix('/').unwrap_or(text);
    if !(path.starts_with("ns/") || text.starts_with('/')) {
        return None;
    }
    let star = if form == Form::Prefix(text) { "*" } else { "" };
    let help = format!("write `{}/{path}{star}`", context.configuration.trust_domain);
    Some(("it has no trust domain".to_owned(), help))
}

fn upper_case(form: Form<'_>) -> Reason {
    let (Form::Exact(text) | Form::Prefix(text)) = form else {
        return None;
    };
    let (trust_domain, path) = text.split_once('/')?;
    let lower = trust_domain.to_ascii_lowercase();
    if lower == trust_domain {
        return None;
    }
    let star = if form == Form::Prefix(text) { "*" } else { "" };
    let why = "a trust domain has no upper-case letters".to_owned();
    Some((why, format!("write `{lower}/{path}{star}`")))
}

fn empty_segment(form: Form<'_>) -> Reason {
    let literal = form.literal();
    let ends_open = matches!(form, Form::Exact(_) | Form::Suffix(_)) && literal.ends_with('/');
    if !ends_open && !literal.contains("//") {
        return None;
    }
    let why = "a SPIFFE ID has no empty segment".to_owned();
    Some((why, "remove the slash that is too many".to_owned()))
}

fn other_characters(literal: &str) -> Reason {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
    let other = literal.chars().find(|c| !u8::try_from(*c).is_ok_and(is_known))?;
    let why = format!("a SPIFFE ID has no `{}`", other.escape_debug());
    let help = "write letters, digits, `-`, `.` and `_` between slashes".to_owned();
    Some((why, help))
}
