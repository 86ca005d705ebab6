//! A star right behind or before a name: `/admin*` is `/administrator` too.

use spiffe_authz_policy::{StatedKey, ValueForm};

use crate::lint::context::{Context, PlacedValue};
use crate::lint::form::Form;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    if value.value.form != ValueForm::Text {
        return None;
    }
    let form = Form::of(value.text());
    if form.literal().contains('*') {
        return None;
    }
    let key = value.key();
    let (code, example, help) = if *key == StatedKey::Paths {
        path(form)?
    } else if *key == StatedKey::Principals {
        principal(context, value.text())?
    } else if matches!(key, StatedKey::Hosts | StatedKey::Sni | StatedKey::DnsSan) {
        host(form)?
    } else {
        return None;
    };
    let message = format!("`{}` matches `{example}` too", value.text());
    Some(Lint::new(code, &value.value.at, message).help(help))
}

type Found = Option<(LintCode, String, String)>;

fn path(form: Form<'_>) -> Found {
    let Form::Prefix(prefix) = form else { return None };
    if !prefix.starts_with('/') || !ends_in_a_name(prefix) {
        return None;
    }
    let help = format!("write `{prefix}` and `{prefix}/*`");
    Some((LintCode::OpenPath, format!("{prefix}x"), help))
}

fn principal(context: &Context<'_>, text: &str) -> Found {
    match Form::of(context.without_scheme(text)) {
        Form::Prefix(prefix) if ends_in_a_name(prefix) => {
            let help = if prefix.contains("/sa/") {
                format!("write `{prefix}`")
            } else {
                format!("write `{prefix}/*`")
            };
            Some((
                LintCode::OpenPrincipal,
                format!("{prefix}-x{}", rest(prefix)),
                help,
            ))
        }
        Form::Suffix(suffix) if begins_with_a_name(suffix) => {
            let before = if suffix.contains('/') {
                ""
            } else {
                "cluster.local/ns/shop/sa/"
            };
            let help = format!("write the whole name before `{suffix}`, or `*/{suffix}`");
            Some((LintCode::OpenPrincipal, format!("{before}x-{suffix}"), help))
        }
        Form::Any | Form::Prefix(_) | Form::Suffix(_) | Form::Exact(_) => None,
    }
}

/// What an example needs behind a prefix to be the ID of a workload.
fn rest(prefix: &str) -> &'static str {
    let mut segments = prefix.split('/').skip(1);
    match (segments.next(), segments.next(), segments.next()) {
        (None, ..) => "/ns/shop/sa/orders",
        (Some("ns"), Some(_), None) => "/sa/orders",
        (Some(_), ..) => "",
    }
}

fn host(form: Form<'_>) -> Found {
    match form {
        Form::Suffix(suffix) if begins_with_a_name(suffix) => {
            let help = format!("write `*.{suffix}`, and `{suffix}` beside it if that is meant too");
            Some((LintCode::OpenHost, format!("evil{suffix}"), help))
        }
        Form::Prefix(prefix) if ends_in_a_name(prefix) => {
            let help = format!("write `{prefix}`, or `{prefix}:*` for any port");
            Some((LintCode::OpenHost, format!("{prefix}.evil.example"), help))
        }
        Form::Any | Form::Prefix(_) | Form::Suffix(_) | Form::Exact(_) => None,
    }
}

fn ends_in_a_name(text: &str) -> bool {
    text.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn begins_with_a_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
}
