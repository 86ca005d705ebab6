//! The shape of the lines, and what stands in none of them.

use super::*;
use crate::fake_host::{FakeHost, policies_of, policy_set};
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
    let policies =
        policies_of(r#"{"workload": {"namespace": "shop"}, "resources": [], "audit": {"allowedOneIn": 4}}"#);
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
