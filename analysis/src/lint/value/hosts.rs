//! Ports and headers of hosts (S-5, section 0).

use spiffe_authz_policy::{Profile, StatedAction, StatedKey, StatedValue, ValueForm};

use crate::lint::context::{Context, PlacedValue, Polarity};
use crate::lint::form::Form;
use crate::lint::{Lint, LintCode};

pub(super) fn look(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let is_text = value.value.form == ValueForm::Text;
    if is_text && *value.key() == StatedKey::Hosts {
        return match context.configuration.profile {
            Profile::Istio => port_gets_past(context, value),
            Profile::ZeroTrust => port_means_nothing(value),
        };
    }
    let is_header = value.is_header(":authority");
    (is_text && is_header).then(|| as_header(value))
}

/// Profile istio compares the host as it came, with its port.
fn port_gets_past(context: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let (Form::Exact(host) | Form::Suffix(host)) = Form::of(value.text()) else {
        return None;
    };
    let is_denied = value.policy.action == StatedAction::Deny && value.polarity == Polarity::Wanted;
    if !is_denied || host.contains([':', '*']) {
        return None;
    }
    let with_port = format!("{host}:80");
    let catches = |other: &StatedValue| Form::of(&other.text).covers(Form::Exact(&with_port));
    if value.any_beside(context, catches)? {
        return None;
    }
    let message = format!(
        "`{host}:80` is not denied by `{}`: in profile istio the port is part of the host",
        value.text()
    );
    let help = format!("add `{host}:*`");
    Some(Lint::new(LintCode::HostPortOpen, &value.value.at, message).help(help))
}

/// Profile zero-trust compares it without.
fn port_means_nothing(value: &PlacedValue<'_>) -> Option<Lint> {
    let (host, port) = value.text().rsplit_once(':')?;
    let digits = port.strip_suffix('*').unwrap_or(port);
    if host.is_empty() || port.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let message = format!(
        "`{}` is compared as `{host}`: in profile zero-trust the port of a host means nothing",
        value.text()
    );
    let help = match digits {
        "" => format!("write `{host}`"),
        _ => format!("write `{host}`, and `ports: [\"{digits}\"]` if the port of the connection is meant"),
    };
    Some(Lint::new(LintCode::HostPortIgnored, &value.value.at, message).help(help))
}

fn as_header(value: &PlacedValue<'_>) -> Lint {
    let message = format!(
        "`{}` is compared with the host as a header: case-sensitively, with its port and its trailing dot",
        value.text()
    );
    let help = format!("write `hosts: [\"{}\"]` in an operation", value.text());
    Lint::new(LintCode::HostAsHeader, &value.value.at, message).help(help)
}
