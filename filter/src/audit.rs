//! The audit lines: one JSON object in the proxy's log for each denied request or connection, at level `warn`, and at level
//! `info` for each allowed one that an AUDIT policy marks or a dry-run policy would deny, and for one in so many of all
//! that were allowed where the configuration asks for it (`audit.allowedOneIn`). `docs/schema/audit-line.schema.json` is the
//! shape for machines.
//!
//! | field | value |
//! |---|---|
//! | `event` | `request-denied`, `connection-denied` (TCP), `request-observed`, `connection-observed`, `request-allowed`, `connection-allowed` |
//! | `decision` | `deny` or `allow` |
//! | `cause` | the one word that says why, such as `no-matching-allow` |
//! | `policy` | `namespace/name` of the policy that decided, or null |
//! | `rule` | the index of its rule, or null |
//! | `profile` | `zero-trust` or `istio`; null without a configuration |
//! | `workload_namespace` | the namespace of the guarded workload; null without a configuration |
//! | `peer` | the first URI SAN of the peer's certificate, or what a listener in front hands on of the peer, or null |
//! | `mtls` | whether the peer presented a certificate on this connection; null where that cannot be told |
//! | `method`, `host`, `path` | of the request, or null; the path without query and fragment |
//! | `path_classes` | of a path that can be read in more than one way, the ways, as a list of names; left out of any other line |
//! | `destination_port` | a number, or null |
//! | `protocol` | `http` or `tcp` |
//! | `audited`, `would_deny`, `would_allow` | the AUDIT policies that match, and the dry-run policies that would change the decision, as lists of `namespace/name`; left out where empty |
//! | `one_in` | for how many allowed ones this one stands; in lines of the sample alone |
//!
//! Fields are added in later versions and none changes its meaning. What the peer wrote is
//! [printable] ASCII. Header values, query and fragment are never shown.

use std::num::NonZeroU64;

use serde::Serialize;
use spiffe_authz_policy::{Attribute, Denial, Observations, PathClass, Peer, PolicySet, Protocol, Request};

use crate::attributes::local_port;
use crate::escape::printable;
use crate::host::{Host, LogLevel};
use crate::observed::Names;
use crate::outcome::Outcome;
use crate::sampling::Sampler;

/// What became of one request or connection.
#[derive(Debug)]
pub(crate) struct Record<'r> {
    pub(crate) outcome: &'r Outcome<'r>,
    pub(crate) observations: &'r Observations<'r>,
    /// The set that judged it, if there was one.
    pub(crate) policies: Option<&'r PolicySet>,
    pub(crate) request: &'r Request<'r>,
}

#[derive(Serialize)]
struct Line<'r> {
    event: &'static str,
    decision: &'static str,
    cause: &'static str,
    policy: Option<String>,
    rule: Option<usize>,
    profile: Option<&'static str>,
    workload_namespace: Option<&'r str>,
    peer: Option<String>,
    mtls: Option<bool>,
    method: Option<String>,
    host: Option<String>,
    path: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    path_classes: Vec<&'static str>,
    destination_port: Option<u16>,
    protocol: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    audited: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    would_deny: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    would_allow: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    one_in: Option<NonZeroU64>,
}

/// Logs what was denied.
pub(crate) fn log_denied(host: &impl Host, record: &Record<'_>) {
    let event = match record.request.protocol {
        Protocol::Http => "request-denied",
        Protocol::Tcp => "connection-denied",
    };
    let line = line(host, event, record, Names::of(record.observations));
    log(host, LogLevel::Warn, &line);
}

/// Logs what was allowed, if a policy that only watches has something to say of it or it is in the sample.
pub(crate) fn log_allowed(host: &impl Host, sampler: &Sampler, record: &Record<'_>) {
    let one_in = record.policies.and_then(PolicySet::audited_allowed_one_in);
    let sampled = one_in.filter(|one_in| sampler.picks(*one_in));
    let names = if record.observations.is_empty() {
        Names::default()
    } else {
        Names::of(record.observations)
    };
    match (names.is_empty(), sampled) {
        (true, None) => {}
        (true, Some(one_in)) => log_sampled(host, record, one_in),
        (false, _) => log_observed(host, record, names),
    }
}

fn log_sampled(host: &impl Host, record: &Record<'_>, one_in: NonZeroU64) {
    let event = match record.request.protocol {
        Protocol::Http => "request-allowed",
        Protocol::Tcp => "connection-allowed",
    };
    let line = Line {
        one_in: Some(one_in),
        ..line(host, event, record, Names::default())
    };
    log(host, LogLevel::Info, &line);
}

fn log_observed(host: &impl Host, record: &Record<'_>, names: Names) {
    let event = match record.request.protocol {
        Protocol::Http => "request-observed",
        Protocol::Tcp => "connection-observed",
    };
    log(host, LogLevel::Info, &line(host, event, record, names));
}

fn log(host: &impl Host, level: LogLevel, line: &Line<'_>) {
    match serde_json::to_string(line) {
        Ok(json) => host.log(level, &json),
        Err(error) => host.log(
            LogLevel::Error,
            &format!("an audit line was not written: {error}"),
        ),
    }
}

fn line<'r>(host: &impl Host, event: &'static str, record: &Record<'r>, names: Names) -> Line<'r> {
    let Record {
        outcome,
        policies,
        request,
        observations: _,
    } = *record;
    let (mtls, peer) = peer(request.peer);
    Line {
        event,
        decision: outcome.decision,
        cause: outcome.cause,
        policy: outcome.rule.map(|rule| rule.policy.to_string()),
        rule: outcome.rule.map(|rule| rule.index),
        profile: policies.map(|policies| policies.profile().name()),
        workload_namespace: policies.map(|policies| policies.workload().namespace.as_str()),
        peer,
        mtls,
        method: text(request.method),
        host: text(request.host),
        path: text(request.path_without_query()),
        path_classes: path_classes(record),
        destination_port: local_port(host, request),
        protocol: match request.protocol {
            Protocol::Http => "http",
            Protocol::Tcp => "tcp",
        },
        audited: names.audited,
        would_deny: names.would_deny,
        would_allow: names.would_allow,
        one_in: None,
    }
}

/// Why the path was refused, if it was.
fn path_classes(record: &Record<'_>) -> Vec<&'static str> {
    match record.policies {
        Some(policies) if record.outcome.cause == Denial::AmbiguousPath.code() => policies
            .ambiguous_path_classes(record.request)
            .map(PathClass::name)
            .collect(),
        Some(_) | None => Vec::new(),
    }
}

/// Whether a certificate was presented, and its first URI SAN.
fn peer(peer: Peer<'_>) -> (Option<bool>, Option<String>) {
    match peer {
        Peer::Plaintext => (Some(false), None),
        Peer::Unreadable => (None, None),
        Peer::HandedOn(text) => (Some(false), Some(printable(text))),
        Peer::Certificate(certificate) => (
            Some(true),
            certificate.uri_sans.first().map(|uri_san| printable(uri_san)),
        ),
    }
}

fn text(attribute: Attribute<&[u8]>) -> Option<String> {
    attribute.known().map(|bytes| printable(bytes))
}

#[cfg(test)]
mod tests;
