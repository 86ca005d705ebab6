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
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, policy_set};
    use crate::outcome::Refusal;
    use spiffe_authz_policy::{PeerCertificate, PolicyId, RuleRef, Validation};

    fn logged(outcome: &Outcome<'_>, policies: Option<&PolicySet>, request: &Request<'_>) -> String {
        let host = FakeHost::new();
        let record = Record {
            outcome,
            observations: &Observations::default(),
            policies,
            request,
        };
        log_denied(&host, &record);
        match host.lines().as_slice() {
            [(LogLevel::Warn, line)] => line.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn policy_id(name: &str) -> PolicyId {
        PolicyId {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
        }
    }

    fn request<'r>(uri_sans: &'r [&'r [u8]], path: &'r [u8]) -> Request<'r> {
        Request {
            peer: Peer::Certificate(PeerCertificate {
                uri_sans,
                validation: Validation::Validated,
                leaf: Attribute::Absent,
                digest: Attribute::Absent,
            }),
            destination_port: Attribute::Known(8080),
            method: Attribute::Known(b"GET"),
            host: Attribute::Known(b"orders.shop"),
            path: Attribute::Known(path),
            ..Request::absent(Protocol::Http)
        }
    }

    #[test]
    fn a_denial_is_one_json_line_of_a_fixed_shape() {
        let policy = policy_id("orders");
        let rule = Some(RuleRef {
            policy: &policy,
            index: 2,
        });
        let outcome = Outcome {
            decision: "deny",
            cause: "matched-deny",
            rule,
        };
        let uri_sans = [&b"spiffe://cluster.local/ns/shop/sa/frontend"[..]];
        assert_eq!(
            logged(&outcome, Some(&policy_set()), &request(&uri_sans, b"/admin")),
            concat!(
                r#"{"event":"request-denied","decision":"deny","cause":"matched-deny","policy":"shop/orders","#,
                r#""rule":2,"profile":"zero-trust","workload_namespace":"shop","#,
                r#""peer":"spiffe://cluster.local/ns/shop/sa/frontend","mtls":true,"method":"GET","#,
                r#""host":"orders.shop","path":"/admin","destination_port":8080,"protocol":"http"}"#
            )
        );
    }

    #[test]
    fn what_is_absent_or_unreadable_is_null() {
        let outcome = Outcome {
            decision: "deny",
            cause: "no-configuration",
            rule: None,
        };
        let request = Request {
            peer: Peer::Unreadable,
            destination_port: Attribute::Absent,
            method: Attribute::Unreadable,
            host: Attribute::Absent,
            path: Attribute::Unreadable,
            ..Request::absent(Protocol::Http)
        };
        assert_eq!(
            logged(&outcome, None, &request),
            concat!(
                r#"{"event":"request-denied","decision":"deny","cause":"no-configuration","policy":null,"#,
                r#""rule":null,"profile":null,"workload_namespace":null,"peer":null,"mtls":null,"#,
                r#""method":null,"host":null,"path":null,"destination_port":null,"protocol":"http"}"#
            )
        );
    }

    type Log = fn(&FakeHost, &Record<'_>);

    fn log_allowed(host: &FakeHost, record: &Record<'_>) {
        super::log_allowed(host, &Sampler::default(), record);
    }

    /// The line for what was observed, with its level, by one of the two functions that log.
    fn observed(log: Log, protocol: Protocol) -> (LogLevel, String) {
        let (a, b) = (policy_id("a"), policy_id("b"));
        let host = FakeHost::new();
        log(
            &host,
            &Record {
                outcome: &Outcome {
                    decision: "allow",
                    cause: "no-allow-policy",
                    rule: None,
                },
                observations: &Observations {
                    audited: vec![RuleRef { policy: &a, index: 1 }],
                    would_deny: vec![&a, &b],
                    ..Observations::default()
                },
                policies: None,
                request: &Request::absent(protocol),
            },
        );
        host.lines().remove(0)
    }

    #[test]
    fn what_policies_that_only_watch_say_is_in_the_line() {
        let lists = r#""audited":["shop/a"],"would_deny":["shop/a","shop/b"]}"#;
        let table: [(Log, _, _, _, _); 4] = [
            (
                log_denied,
                Protocol::Http,
                LogLevel::Warn,
                "request-denied",
                "http",
            ),
            (
                log_denied,
                Protocol::Tcp,
                LogLevel::Warn,
                "connection-denied",
                "tcp",
            ),
            (
                log_allowed,
                Protocol::Http,
                LogLevel::Info,
                "request-observed",
                "http",
            ),
            (
                log_allowed,
                Protocol::Tcp,
                LogLevel::Info,
                "connection-observed",
                "tcp",
            ),
        ];
        for (log, protocol, expected_level, event, word) in table {
            let (level, line) = observed(log, protocol);
            assert_eq!(level, expected_level);
            assert!(
                line.starts_with(&format!(r#"{{"event":"{event}","decision":"allow""#)),
                "{line}"
            );
            assert!(
                line.ends_with(&format!(r#""protocol":"{word}",{lists}"#)),
                "{line}"
            );
        }
    }

    #[test]
    fn an_allowed_request_of_which_nothing_is_said_has_no_line() {
        let host = FakeHost::new();
        let record = Record {
            outcome: &Outcome {
                decision: "allow",
                cause: "no-allow-policy",
                rule: None,
            },
            observations: &Observations::default(),
            policies: None,
            request: &Request::absent(Protocol::Http),
        };
        log_allowed(&host, &record);
        assert_eq!(host.lines(), []);
    }

    #[test]
    fn query_and_fragment_are_never_logged() {
        let outcome = Outcome {
            decision: "deny",
            cause: "no-matching-allow",
            rule: None,
        };
        for path in ["/a?token=secret", "/a#secret", "/a?b#secret", "/a#b?secret"] {
            let line = logged(&outcome, None, &request(&[], path.as_bytes()));
            assert!(
                line.contains(r#""path":"/a""#) && !line.contains("secret"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_the_peer_wrote_stays_on_its_line_as_ascii() {
        let outcome = Outcome {
            decision: "deny",
            cause: "malformed-spiffe-id",
            rule: None,
        };
        let uri_sans = [&b"spiffe://td/a\"\r\n{\"event\":1}\xff\0\x1b[31m"[..]];
        let line = logged(&outcome, None, &request(&uri_sans, b"/\xc3\xa9\x7f"));
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read["peer"],
            r#"spiffe://td/a"\x0d\x0a{"event":1}\xff\x00\x1b[31m"#
        );
        assert_eq!(read["path"], r"/\xc3\xa9\x7f");
    }

    #[test]
    fn an_ambiguous_path_is_logged_with_its_classes_and_no_other_line_has_them() {
        let policies = policy_set();
        let uri_sans: [&[u8]; 1] = [b"spiffe://cluster.local/ns/shop/sa/frontend"];
        let request = request(&uri_sans, b"/a;b/%c3%a9?//");
        let line = |denial| logged(&Outcome::from(Refusal::Denied(denial)), Some(&policies), &request);
        let expected = r#""path":"/a;b/%c3%a9","path_classes":["path-parameters","lower-case-escapes"],"#;
        let ambiguous = line(Denial::AmbiguousPath);
        assert!(ambiguous.contains(expected), "{ambiguous}");
        assert!(!line(Denial::AmbiguousHost).contains("path_classes"));
    }

    #[test]
    fn of_the_allowed_requests_one_in_so_many_has_a_line_that_says_so() {
        let policies = crate::fake_host::policies_of(
            r#"{"workload": {"namespace": "shop"}, "resources": [], "audit": {"allowedOneIn": 4}}"#,
        );
        let (host, sampler) = (FakeHost::new(), Sampler::default());
        let record = Record {
            outcome: &Outcome {
                decision: "allow",
                cause: "matched-allow",
                rule: None,
            },
            observations: &Observations::default(),
            policies: Some(&policies),
            request: &request(&[], b"/a?token=secret"),
        };
        for _ in 0..40 {
            super::log_allowed(&host, &sampler, &record);
        }
        let lines = host.lines();
        assert_eq!(lines.len(), 10);
        for (level, line) in lines {
            assert_eq!(level, LogLevel::Info);
            assert!(
                line.starts_with(r#"{"event":"request-allowed","decision":"allow""#),
                "{line}"
            );
            assert!(line.ends_with(r#""protocol":"http","one_in":4}"#), "{line}");
            assert!(!line.contains("secret"), "{line}");
        }
    }
}
