use super::*;
use crate::observed::{Effect, Origin, SeenText, Transport, rfc3339};
use spiffe_authz_policy::Protocol;

const AUDIT: &str = concat!(
    r#"{"event":"request-denied","decision":"deny","cause":"matched-deny","policy":"shop/keep","rule":2,"#,
    r#""profile":"zero-trust","workload_namespace":"shop","peer":"spiffe://cluster.local/ns/shop/sa/frontend","#,
    r#""mtls":true,"method":"GET","host":"orders.shop","path":"/\\xc3\\xa9","destination_port":8080,"#,
    r#""protocol":"http","later":{"a":[1]}}"#
);

const ACCESS: &str = concat!(
    r#"{"cause":"matched-allow","decision":"allow","destination_port":8080,"direction":"inbound","#,
    r#""host":"orders.shop","method":"GET","path":"/orders/1?x","peer_address":"10.0.0.7:41000","#,
    r#""peer_uri_san":"spiffe://a/b,spiffe://a/c","policy":"shop/orders","response_code":200,"rule":"0","#,
    r#""time":"2026-11-22T05:10:15.379Z","tls_version":"TLSv1.3","later":1}"#
);

fn observation(line: &str) -> Observation {
    Line::read(line.as_bytes()).unwrap().observation().unwrap()
}

fn whole(text: &str) -> SeenText {
    SeenText::Whole(text.as_bytes().to_vec())
}

#[test]
fn an_audit_line_is_an_observation() {
    let seen = observation(AUDIT);
    assert_eq!(
        (seen.origin, seen.protocol, seen.time),
        (Origin::AuditLine, Protocol::Http, None)
    );
    assert_eq!(seen.workload_namespace.as_deref(), Some("shop"));
    assert_eq!(seen.path, Some(whole("/é")));
    assert_eq!(
        (seen.transport, seen.destination_port),
        (Transport::MutualTls, Some(8080))
    );
    let verdict = seen.verdict.unwrap();
    assert_eq!(
        (verdict.effect, verdict.cause.as_str(), verdict.rule),
        (Effect::Deny, "matched-deny", Some(2))
    );
}

#[test]
fn a_line_of_the_sample_of_what_is_allowed_is_an_observation() {
    for (event, protocol) in [
        ("request-allowed", Protocol::Http),
        ("connection-allowed", Protocol::Tcp),
    ] {
        let line = AUDIT
            .replace("request-denied", event)
            .replace(r#""decision":"deny""#, r#""decision":"allow""#)
            .replace(r#""later":{"a":[1]}"#, r#""one_in":100"#);
        let seen = observation(&line);
        assert_eq!(seen.protocol, protocol);
        assert_eq!(seen.verdict.unwrap().effect, Effect::Allow);
    }
}

#[test]
fn an_audit_line_is_found_behind_what_a_log_puts_in_front_of_it() {
    let envoy = "[2026-11-22 05:10:15.422][19755][warning][wasm] [source/extensions/common/wasm/context.cc:1154] wasm log a a a: ";
    let istio = "2026-11-22T05:10:15.422Z\twarning\tenvoy wasm external/envoy/a.cc:1154\twasm log a: ";
    for line in [
        format!("{envoy}{AUDIT}"),
        format!("{istio}{AUDIT}\tthread=24"),
        format!("2026-11-22T05:10:15.422Z {AUDIT}"),
    ] {
        let seen = observation(&line);
        assert_eq!(seen.time.map(rfc3339).as_deref(), Some("2026-11-22T05:10:15Z"));
        assert_eq!(Observation { time: None, ..seen }, observation(AUDIT));
    }
}

#[test]
fn a_line_of_the_access_log_is_an_observation() {
    let seen = observation(ACCESS);
    assert_eq!((seen.origin, seen.protocol), (Origin::AccessLog, Protocol::Http));
    assert_eq!(seen.uri_sans, [whole("spiffe://a/b"), whole("spiffe://a/c")]);
    assert_eq!(seen.path, Some(whole("/orders/1?x")));
    assert_eq!(seen.peer_address.unwrap().to_string(), "10.0.0.7");
    assert_eq!(seen.verdict.unwrap().rule, Some(0));
}

#[test]
fn a_connection_is_told_from_a_request() {
    let line = r#"{"direction":"inbound","time":"2026-11-22T05:10:15Z","bytes_received":5,"destination_port":"5432"}"#;
    let seen = observation(line);
    assert_eq!(
        (seen.protocol, seen.destination_port, seen.verdict),
        (Protocol::Tcp, Some(5432), None)
    );
}

#[test]
fn without_a_certificate_the_tls_version_tells_plaintext_and_an_older_log_does_not() {
    let line = |more: &str| {
        format!(
            r#"{{"direction":"inbound","time":"2026-11-22T05:10:15Z","response_code":200,"peer_uri_san":null{more}}}"#
        )
    };
    for (more, expected) in [
        (r#","tls_version":null"#, Transport::Plaintext),
        (r#","tls_version":"TLSv1.3""#, Transport::TlsWithoutCertificate),
        (
            r#","tls_version":"TLSv1.3","peer_fingerprint":"ab""#,
            Transport::MutualTls,
        ),
        ("", Transport::NotSaid),
    ] {
        assert_eq!(observation(&line(more)).transport, expected, "{more}");
    }
}

#[test]
fn other_lines_of_the_logs_are_passed_over_by_their_kind() {
    for (line, expected) in [
        ("  ", OtherLine::Blank),
        (
            "[2026-11-22 05:10:15.422][1][info][main] [a.cc:1] starting",
            OtherLine::EnvoyLog,
        ),
        (r#"{"direction":"outbound","time":"x"}"#, OtherLine::Outbound),
        (
            r#"{"direction":"inbound","time":"x","handshake_failure":"TLS_error"}"#,
            OtherLine::FailedHandshake,
        ),
    ] {
        assert_eq!(Line::read(line.as_bytes()), Ok(Line::Other(expected)), "{line}");
    }
}

#[test]
fn what_is_neither_ours_nor_envoys_is_an_error_that_says_why() {
    for (line, expected) in [
        ("hello", "neither a JSON object nor a line of Envoy's log"),
        ("[1,2]", "neither a JSON object nor a line of Envoy's log"),
        ("{\"a\":", "not JSON: EOF while parsing a value at column 5"),
        (
            "{}",
            "neither an audit line, which has `event`, nor a line of the access log, which has `direction`",
        ),
        (
            r#"{"event":"x"}"#,
            "an audit line that cannot be read: unknown variant `x`, expected one of `request-denied`, `request-observed`, `request-allowed`, `connection-denied`, `connection-observed`, `connection-allowed`",
        ),
        (
            r#"{"event":"request-denied","decision":"deny"}"#,
            "an audit line that cannot be read: missing field `cause`",
        ),
        (
            r#"{"direction":"inbound","time":"now","response_code":1}"#,
            "a line of the access log that cannot be read: `now` is no time",
        ),
        (
            r#"{"direction":"inbound","time":"2026-11-22T05:10:15Z"}"#,
            "a line of the access log that cannot be read: neither `response_code` of a request nor `bytes_received` of a connection",
        ),
        (
            r#"{"direction":"inbound","time":"2026-11-22T05:10:15Z","response_code":1,"decision":"maybe"}"#,
            "a line of the access log that cannot be read: `maybe` is no decision: it is `allow` or `deny`",
        ),
        (
            r#"{"direction":"inbound","time":"2026-11-22T05:10:15Z","response_code":1,"destination_port":65536}"#,
            "a line of the access log that cannot be read: `destination_port` is 65536, which is too large",
        ),
    ] {
        assert_eq!(
            Line::read(line.as_bytes()).unwrap_err().to_string(),
            expected,
            "{line}"
        );
    }
    assert!(
        Line::read(b"\xff")
            .unwrap_err()
            .to_string()
            .starts_with("not UTF-8")
    );
}

#[test]
fn what_a_peer_wrote_into_another_line_is_no_audit_line() {
    let line = format!(r#"[2026-11-22T05:10:15.422Z] "GET /{AUDIT} HTTP/1.1" 200"#);
    assert_eq!(Line::read(line.as_bytes()), Ok(Line::Other(OtherLine::EnvoyLog)));
    let within = format!(r#"[2026-11-22T05:10:15.422Z] "GET / HTTP/1.1" "wasm log x: {AUDIT}" 200"#);
    assert!(Line::read(within.as_bytes()).is_err());
}

#[test]
fn a_peer_that_a_listener_in_front_handed_on_did_not_come_in_plaintext() {
    let without_certificate = AUDIT.replace(r#""mtls":true"#, r#""mtls":false"#);
    assert_eq!(observation(&without_certificate).transport, Transport::NotSaid);
    let peer = r#""peer":"spiffe://cluster.local/ns/shop/sa/frontend""#;
    let plaintext = without_certificate.replace(peer, r#""peer":null"#);
    assert_eq!(observation(&plaintext).transport, Transport::WithoutCertificate);
}
