//! `requestPrincipals`: issuer and subject of a token in one value (S-7).

use serde_json::{Value, json};

use crate::rbac::clause::Side;
use crate::rbac::jwt::text_claim;
use crate::rbac::string::{Case, any_text, exact, prefix, suffix};

/// Any of the values.
pub(super) fn any_of(values: &[&str]) -> Value {
    let mut parts: Vec<Value> = values.iter().map(|value| one(value)).collect();
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            Side::Principal.any(parts)
        }
    }
}

fn one(value: &str) -> Value {
    let (issuer, subject) = issuer_and_subject(value);
    let claims = [text_claim("iss", issuer), text_claim("sub", subject)];
    json!({"and_ids": {"ids": claims}})
}

/// The two matchers. The value is split at its last `/`, since an issuer may be a URL.
fn issuer_and_subject(value: &str) -> (Value, Value) {
    let exact = |text| exact(text, Case::Sensitive);
    let tail = |text: &str| suffix_or_any(text);
    let head = |text: &str| prefix_or_any(text);
    match (
        value.rsplit_once('/'),
        value.strip_prefix('*'),
        value.strip_suffix('*'),
    ) {
        (None, Some(""), _) => (any_text(), any_text()),
        (None, Some(subject), _) => (any_text(), tail(subject)),
        (None, None, Some(issuer)) => (head(issuer), any_text()),
        (None, None, None) => (exact(value), exact("")),
        (Some((issuer, subject)), Some(_), _) => {
            (tail(issuer.strip_prefix('*').unwrap_or(issuer)), exact(subject))
        }
        (Some((issuer, subject)), None, Some(_)) => {
            (exact(issuer), head(subject.strip_suffix('*').unwrap_or(subject)))
        }
        (Some((issuer, subject)), None, None) => (exact(issuer), exact(subject)),
    }
}

/// Envoy has no empty suffix: what is left of a star alone asks for any text.
fn suffix_or_any(text: &str) -> Value {
    match text {
        "" => any_text(),
        _ => suffix(text, Case::Sensitive),
    }
}

fn prefix_or_any(text: &str) -> Value {
    match text {
        "" => any_text(),
        _ => prefix(text, Case::Sensitive),
    }
}
