use super::*;
use crate::observed::Line;
use crate::readiness::{Key, Traffic};

const PLAINTEXT: &str =
    r#""tls_version":null,"peer_uri_san":null,"decision":"allow","cause":"no-allow-policy""#;
const DENIED: &str =
    r#""tls_version":null,"peer_uri_san":null,"decision":"deny","cause":"no-matching-allow""#;
const MTLS: &str =
    r#""tls_version":"TLSv1.3","peer_fingerprint":"ab","decision":"allow","cause":"matched-allow""#;
const NOT_SAID: &str = r#""peer_uri_san":null,"decision":"allow","cause":"no-allow-policy""#;

fn criteria() -> Criteria {
    Criteria {
        now: OffsetDateTime::from_unix_timestamp(864_000).unwrap(),
        quiet_for: Duration::DAY,
        min_requests: 2,
    }
}

/// Lines of the access log, each with how many hours before now it was written.
fn traffic(lines: &[(i64, &str)]) -> PortTraffic {
    let mut traffic = Traffic::since(before(24));
    for (hours, more) in lines {
        let time = crate::observed::rfc3339(before(*hours));
        let line = format!(
            r#"{{"direction":"inbound","time":"{time}","response_code":200,"peer_address":"10.0.0.7:1","destination_port":80,{more}}}"#
        );
        traffic.add(
            "shop",
            &Line::read(line.as_bytes()).unwrap().observation().unwrap(),
        );
    }
    let key = Key {
        workload: "shop".to_owned(),
        port: Some(80),
    };
    traffic.ports().get(&key).cloned().unwrap_or_default()
}

fn verdict(lines: &[(i64, &str)]) -> Verdict {
    let traffic = traffic(lines);
    let assessment = Assessment {
        traffic: Some(&traffic),
        ..Assessment::default()
    };
    assess(&assessment, &criteria())
}

fn before(hours: i64) -> OffsetDateTime {
    criteria().now.checked_sub(Duration::hours(hours)).unwrap()
}

#[test]
fn a_port_is_safe_since_the_last_plaintext_once_the_window_is_quiet() {
    let lines = [(72, MTLS), (30, PLAINTEXT), (3, MTLS), (2, MTLS)];
    assert_eq!(
        verdict(&lines),
        Verdict::Safe {
            since: before(30),
            evidence: 2
        }
    );
}

#[test]
fn without_any_plaintext_it_is_safe_since_the_first_line() {
    assert_eq!(
        verdict(&[(48, MTLS), (3, MTLS), (2, MTLS)]),
        Verdict::Safe {
            since: before(48),
            evidence: 2
        }
    );
}

#[test]
fn plaintext_that_is_admitted_within_the_window_blocks() {
    let lines = [(48, MTLS), (5, PLAINTEXT), (4, PLAINTEXT), (3, MTLS), (2, MTLS)];
    assert_eq!(
        verdict(&lines),
        Verdict::Blocked {
            count: 2,
            last: Some(before(4))
        }
    );
}

#[test]
fn plaintext_that_is_denied_anyway_does_not_block() {
    let lines = [(48, MTLS), (5, DENIED), (3, MTLS), (2, MTLS)];
    assert_eq!(
        verdict(&lines),
        Verdict::Safe {
            since: before(48),
            evidence: 2
        }
    );
}

#[test]
fn silence_is_not_safety() {
    for (lines, expected) in [
        (vec![], NotKnown::Nothing),
        (vec![(48, MTLS), (2, MTLS)], NotKnown::TooFew { seen: 1 }),
        (vec![(48, MTLS), (30, MTLS)], NotKnown::TooFew { seen: 0 }),
        (
            vec![(3, MTLS), (2, MTLS)],
            NotKnown::TooShort {
                known: Duration::hours(3),
            },
        ),
        (
            vec![(48, MTLS), (3, NOT_SAID), (2, MTLS), (1, MTLS)],
            NotKnown::NotSaid { count: 1 },
        ),
    ] {
        assert_eq!(verdict(&lines), Verdict::NotKnown(expected), "{lines:?}");
    }
}

fn by_listener(counters: ListenerCounters, lines: &[(i64, &str)], hours: i64) -> Verdict {
    let traffic = traffic(lines);
    let assessment = Assessment {
        is_strict: Some(false),
        traffic: (!lines.is_empty()).then_some(&traffic),
        counters: Some(&counters),
        counted_for: Some(Duration::hours(hours)),
    };
    assess(&assessment, &criteria())
}

#[test]
fn the_counters_of_a_listener_are_enough_where_every_connection_has_its_handshake() {
    let counters = ListenerCounters {
        connections: 5,
        handshakes: 5,
        ..ListenerCounters::default()
    };
    assert_eq!(
        by_listener(counters, &[], 30),
        Verdict::Safe {
            since: before(30),
            evidence: 5
        }
    );
    let short = NotKnown::TooShort {
        known: Duration::hours(3),
    };
    assert_eq!(by_listener(counters, &[], 3), Verdict::NotKnown(short));
    let one_without = ListenerCounters {
        connections: 6,
        ..counters
    };
    assert_eq!(
        by_listener(one_without, &[], 30),
        Verdict::Blocked { count: 1, last: None }
    );
}

#[test]
fn connections_that_no_log_explains_are_not_safe() {
    let counters = ListenerCounters {
        connections: 6,
        handshakes: 5,
        ..ListenerCounters::default()
    };
    let lines = [(48, MTLS), (3, MTLS), (2, MTLS)];
    assert_eq!(
        by_listener(counters, &lines, 20),
        Verdict::NotKnown(NotKnown::Unexplained { count: 1 })
    );
}

#[test]
fn what_is_strict_needs_no_verdict() {
    let assessment = Assessment {
        is_strict: Some(true),
        ..Assessment::default()
    };
    assert_eq!(assess(&assessment, &criteria()), Verdict::AlreadyStrict);
}

#[test]
fn a_line_without_a_time_is_within_every_window() {
    let line = r#"{"event":"request-observed","decision":"allow","cause":"no-allow-policy","mtls":false,"destination_port":80}"#;
    let mut traffic = Traffic::since(criteria().now);
    traffic.add(
        "shop",
        &Line::read(line.as_bytes()).unwrap().observation().unwrap(),
    );
    let port = traffic.ports().values().next().unwrap();
    let assessment = Assessment {
        traffic: Some(port),
        ..Assessment::default()
    };
    assert_eq!(
        assess(&assessment, &criteria()),
        Verdict::Blocked { count: 1, last: None }
    );
}
