//! A star in the middle of a value, or at both of its ends (S-5).

use spiffe_authz_policy::{StatedKey, ValueForm};

use crate::lint::context::{Context, PlacedValue};
use crate::lint::{Lint, LintCode};

/// One star is cut off: in front, or else behind. Any other is literal.
pub(super) fn look(_: &Context<'_>, value: &PlacedValue<'_>) -> Option<Lint> {
    let text = value.text();
    if value.value.form != ValueForm::Text || !takes_stars(value.key()) || is_template(value.key(), text) {
        return None;
    }
    let rest = text
        .strip_prefix('*')
        .or_else(|| text.strip_suffix('*'))
        .unwrap_or(text);
    if !rest.contains('*') || is_request_principal(value.key(), text) {
        return None;
    }
    let message = format!("`{text}` {}: the star inside is literal", matches(text, rest));
    let lint = Lint::new(LintCode::StarInside, &value.value.at, message);
    Some(lint.help(help(value.key(), text)))
}

fn matches(text: &str, rest: &str) -> String {
    if text.starts_with('*') {
        format!("matches only what ends in `{rest}`")
    } else if text.ends_with('*') {
        format!("matches only what begins with `{rest}`")
    } else {
        format!("matches only the text `{rest}`")
    }
}

fn help(key: &StatedKey, text: &str) -> String {
    let is_path = *key == StatedKey::Paths && text.starts_with('/') && !text.ends_with('*');
    if is_path {
        format!(
            "write `{}`, in which `{{*}}` is one segment",
            text.replace('*', "{*}")
        )
    } else if *key == StatedKey::Principals {
        "write the whole SPIFFE ID, a prefix `x*` or a suffix `*x`; `namespaces` takes stars anywhere"
            .to_owned()
    } else {
        "write a prefix `x*`, a suffix `*x`, or a regular expression (E-1)".to_owned()
    }
}

/// Namespaces take a star anywhere; what is checked when it is read has none.
fn takes_stars(key: &StatedKey) -> bool {
    match key {
        StatedKey::Principals
        | StatedKey::RequestPrincipals
        | StatedKey::Hosts
        | StatedKey::Methods
        | StatedKey::Paths
        | StatedKey::Header(_)
        | StatedKey::Query(_)
        | StatedKey::Claim(_)
        | StatedKey::Sni
        | StatedKey::Metadata { .. }
        | StatedKey::DnsSan => true,
        StatedKey::Namespaces
        | StatedKey::ServiceAccounts
        | StatedKey::TrustDomains
        | StatedKey::IpBlocks
        | StatedKey::RemoteIpBlocks
        | StatedKey::Ports
        | StatedKey::DestinationIp
        | StatedKey::IssuerKeyId
        | StatedKey::RemainingSeconds => false,
    }
}

fn is_template(key: &StatedKey, text: &str) -> bool {
    *key == StatedKey::Paths && text.contains('{')
}

/// Of a request principal, issuer and subject each take a star: `*/*` has its own lint.
fn is_request_principal(key: &StatedKey, text: &str) -> bool {
    *key == StatedKey::RequestPrincipals && text.ends_with("/*")
}
