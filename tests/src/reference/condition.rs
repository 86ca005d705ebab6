//! `when[]`: the keys of S-5, E-2 and E-9. S-3: "A `when` has AND(values part, notValues part)".

use serde_json::Value;

use super::addresses;
use super::certificate;
use super::claims;
use super::compare::{Several, VALUES, inputs};
use super::configuration::View;
use super::documents::{bracketed, text, text_field};
use super::headers;
use super::metadata;
use super::policy::Policy;
use super::ports;
use super::query;
use super::request_principals;
use super::source::by_identity;
use super::spiffe_fields;
use super::strings;
use super::truth::Answer;

pub(super) fn holds(view: &View<'_>, policy: &Policy<'_>, condition: &Value) -> Answer {
    match key(condition)? {
        "source.ip" => addresses::compare(condition, VALUES, view.source_ip()?),
        "remote.ip" => addresses::compare(condition, VALUES, view.remote_ip()?),
        "destination.ip" => addresses::compare(condition, VALUES, view.destination_ip()?),
        "destination.port" => ports::compare(view, condition, VALUES),
        "source.principal" => by_identity(view, policy, condition, VALUES, spiffe_fields::principal),
        "source.namespace" => by_identity(view, policy, condition, VALUES, spiffe_fields::namespace),
        "source.serviceAccount" => {
            by_identity(view, policy, condition, VALUES, spiffe_fields::service_account)
        }
        "source.trustDomain" => by_identity(view, policy, condition, VALUES, spiffe_fields::trust_domain),
        "source.certificate.dnsSan" => certificate::dns_san(view, condition),
        "source.certificate.issuerKeyId" => certificate::issuer_key_id(view, condition),
        "source.certificate.remainingSeconds" => certificate::remaining_seconds(view, condition),
        "connection.sni" => sni(view, condition),
        "request.auth.principal" => request_principals::compare(view, condition, VALUES),
        "request.auth.audiences" => claims::compare(view, condition, &["aud"]),
        "request.auth.presenter" => claims::compare(view, condition, &["azp"]),
        other => holds_by_name(view, condition, other),
    }
}

/// The keys with a name in brackets.
fn holds_by_name(view: &View<'_>, condition: &Value, key: &str) -> Answer {
    if let Some(name) = bracketed(key, "request.headers") {
        return headers::compare(view, condition, name);
    }
    if let Some(name) = bracketed(key, "request.query") {
        return query::compare(view, condition, name);
    }
    if let Some(path) = claims::path(key, "request.auth.claims") {
        return claims::compare(view, condition, &path);
    }
    match metadata::key(key) {
        Some((namespace, key)) => metadata::compare(view, condition, namespace, key),
        None => Err(format!("no key: `{key}`")),
    }
}

/// S-5 `connection.sni`: SM.
fn sni(view: &View<'_>, condition: &Value) -> Answer {
    let names: Vec<_> = view.sni()?.into_iter().collect();
    inputs(condition, VALUES, Several::Any, &names, |value, name| {
        Ok(strings::matches(text(value)?.as_bytes(), name))
    })
}

pub(super) fn key(condition: &Value) -> Result<&str, String> {
    text_field(condition, "key")?.ok_or_else(|| "no key".to_owned())
}
