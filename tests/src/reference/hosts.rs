//! S-5 `hosts`, E-1 `hostRegexes` and section 0, "host forms".

use serde_json::Value;

use super::compare::{Names, Several, inputs};
use super::configuration::{Profile, View};
use super::documents::{field, list, text};
use super::patterns::{Form, full_match};
use super::policy::{Action, Policy};
use super::strings::header_matches;
use super::truth::{Answer, all};

const HOSTS: Names = ("hosts", "notHosts");
const HOST_REGEXES: Names = ("hostRegexes", "notHostRegexes");

/// Both fields of an operation that are compared with `:authority`.
pub(super) fn compare(view: &View<'_>, operation: &Value) -> Answer {
    let hosts: Vec<Vec<u8>> = view
        .host()?
        .map(|host| read(view.profile, &host))
        .into_iter()
        .collect();
    let plain = inputs(operation, HOSTS, Several::Any, &hosts, |value, host| {
        Ok(header_matches(&read_value(view.profile, text(value)?), host))
    });
    let regexes = inputs(operation, HOST_REGEXES, Several::Any, &hosts, |value, host| {
        full_match(Form::Extension { ignore_case: true }, text(value)?, host)
    });
    all([plain, regexes])
}

/// S-5: "case-insensitive; port is part of the text". Zero-trust: "one numeric port and one trailing dot are ignored".
fn read(profile: Profile, host: &[u8]) -> Vec<u8> {
    let host = host.to_ascii_lowercase();
    match profile {
        Profile::Istio => host,
        Profile::ZeroTrust => without_dot(without_port(&host, |digits| {
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
        })),
    }
}

/// The same of a value, whose port may have a star.
fn read_value(profile: Profile, value: &str) -> Vec<u8> {
    let value = value.to_ascii_lowercase().into_bytes();
    match profile {
        Profile::Istio => value,
        Profile::ZeroTrust => without_dot(without_port(&value, |port| {
            let digits = port.strip_suffix(b"*").unwrap_or(port);
            !port.is_empty() && digits.iter().all(u8::is_ascii_digit)
        })),
    }
}

fn without_port(host: &[u8], is_port: impl Fn(&[u8]) -> bool) -> &[u8] {
    match host.iter().rposition(|byte| *byte == b':') {
        Some(colon) if is_port(&host[colon + 1..]) => &host[..colon],
        _ => host,
    }
}

fn without_dot(host: &[u8]) -> Vec<u8> {
    host.strip_suffix(b".").unwrap_or(host).to_vec()
}

/// Section 0: "User information is denied; where a rule in force compares hosts, any other form that can be read two ways is
/// denied too (`ambiguous-host`)". Profile zero-trust, HTTP only.
pub(super) fn is_ambiguous(view: &View<'_>, in_force: &[Policy<'_>]) -> Result<bool, String> {
    if view.profile == Profile::Istio || view.is_tcp()? {
        return Ok(false);
    }
    let Some(host) = view.host()? else {
        return Ok(false);
    };
    if host.contains(&b'@') {
        return Ok(true);
    }
    Ok(!full_match(Form::PlainHost, "", &host)? && any_compares_hosts(in_force)?)
}

fn any_compares_hosts(policies: &[Policy<'_>]) -> Result<bool, String> {
    for policy in policies.iter().filter(|policy| policy.action != Action::Audit) {
        for rule in policy.rules()? {
            if list(rule, "to")?.iter().any(compares_hosts) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn compares_hosts(to: &Value) -> bool {
    let operation = field(to, "operation").unwrap_or(&Value::Null);
    [HOSTS, HOST_REGEXES]
        .iter()
        .any(|(name, not_name)| field(operation, name).is_some() || field(operation, not_name).is_some())
}
