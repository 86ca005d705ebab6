//! The audit line: one JSON object for each denied request, in the proxy's log at level `warn`.
//!
//! | field | value |
//! |---|---|
//! | `event` | `request-denied` |
//! | `decision` | `deny` |
//! | `cause` | the one word that says why, such as `no-matching-allow` |
//! | `policy` | `namespace/name` of the policy that denied, or null |
//! | `rule` | the index of its rule, or null |
//! | `profile` | `zero-trust` or `istio`; null without a configuration |
//! | `workload_namespace` | the namespace of the guarded workload; null without a configuration |
//! | `peer` | the first URI SAN of the peer's certificate, or null |
//! | `mtls` | whether the peer presented a certificate; null where that cannot be told |
//! | `method`, `host`, `path` | of the request, or null; the path without query and fragment |
//! | `destination_port` | a number, or null |
//!
//! Fields are added in later versions and none changes its meaning. What the peer wrote is
//! [printable] ASCII. Header values, query and fragment are never shown.

use serde::Serialize;
use spiffe_authz_policy::{Attribute, Peer, PolicySet, Request};

use crate::escape::printable;
use crate::host::{Host, LogLevel};
use crate::outcome::Outcome;

#[derive(Serialize)]
struct DenialLine<'r> {
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
    destination_port: Option<u16>,
}

/// Logs a denied request. `policies` is the set that judged it, if there was one.
pub(crate) fn log_denial(
    host: &impl Host,
    outcome: &Outcome<'_>,
    policies: Option<&PolicySet>,
    request: &Request<'_>,
) {
    match serde_json::to_string(&denial_line(outcome, policies, request)) {
        Ok(line) => host.log(LogLevel::Warn, &line),
        Err(error) => host.log(
            LogLevel::Error,
            &format!("the audit line of a denied request: {error}"),
        ),
    }
}

fn denial_line<'r>(
    outcome: &Outcome<'_>,
    policies: Option<&'r PolicySet>,
    request: &Request<'_>,
) -> DenialLine<'r> {
    let (mtls, peer) = peer(request.peer);
    DenialLine {
        event: "request-denied",
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
        destination_port: request.destination_port.known().copied(),
    }
}

/// Whether a certificate was presented, and its first URI SAN.
fn peer(peer: Peer<'_>) -> (Option<bool>, Option<String>) {
    match peer {
        Peer::Plaintext => (Some(false), None),
        Peer::Unreadable => (None, None),
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
    use spiffe_authz_policy::{PeerCertificate, PolicyId, RuleRef, Validation};

    fn logged(outcome: &Outcome<'_>, policies: Option<&PolicySet>, request: &Request<'_>) -> String {
        let host = FakeHost::new();
        log_denial(&host, outcome, policies, request);
        match host.lines().as_slice() {
            [(LogLevel::Warn, line)] => line.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn request<'r>(uri_sans: &'r [&'r [u8]], path: &'r [u8]) -> Request<'r> {
        Request {
            peer: Peer::Certificate(PeerCertificate {
                uri_sans,
                validation: Validation::Validated,
                leaf: Attribute::Absent,
            }),
            destination_port: Attribute::Known(8080),
            method: Attribute::Known(b"GET"),
            host: Attribute::Known(b"orders.shop"),
            path: Attribute::Known(path),
            ..Request::absent(spiffe_authz_policy::Protocol::Http)
        }
    }

    #[test]
    fn a_denial_is_one_json_line_of_a_fixed_shape() {
        let policy = PolicyId {
            namespace: "shop".to_owned(),
            name: "orders".to_owned(),
        };
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
                r#""host":"orders.shop","path":"/admin","destination_port":8080}"#
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
            ..Request::absent(spiffe_authz_policy::Protocol::Http)
        };
        assert_eq!(
            logged(&outcome, None, &request),
            concat!(
                r#"{"event":"request-denied","decision":"deny","cause":"no-configuration","policy":null,"#,
                r#""rule":null,"profile":null,"workload_namespace":null,"peer":null,"mtls":null,"#,
                r#""method":null,"host":null,"path":null,"destination_port":null}"#
            )
        );
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
}
