//! [`TcpStream`]: one TCP connection on its way through the filter.
//!
//! A new connection goes on: its handshake is not done, and who the peer is cannot be told yet. It is judged once, when the
//! first bytes come from either side, before any of them goes on. A server that speaks first must not be heard by a peer
//! that may not connect, so its bytes count as the peer's do. With `tcp_proxy` set to dial after the handshake
//! (`upstream_connect_mode: ON_DOWNSTREAM_TLS_HANDSHAKE`, `max_early_data_bytes: 0`) the upstream is not even dialled for a
//! peer that never finishes it.
//!
//! It belongs in front of `tcp_proxy`. In front of an HTTP connection manager it opens the interlock of no request: its word
//! for a connection is another than that for a request.

use crate::host::Host;
use crate::judge::Judge;
use crate::respond::Flow;

/// One TCP connection.
#[derive(Debug)]
pub(crate) struct TcpStream<H> {
    judge: Judge<H>,
    /// There once the connection was judged.
    flow: Option<Flow>,
}

impl<H: Host> TcpStream<H> {
    pub(crate) fn new(judge: Judge<H>) -> Self {
        Self { judge, flow: None }
    }

    /// Whether bytes of either side go on, or the end of what it sends: the first ones are judged.
    #[must_use]
    pub(crate) fn data(&mut self) -> bool {
        let judge = &self.judge;
        self.flow.get_or_insert_with(|| judge.connection()).may_pass()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, judge, policies_with};
    use crate::host::{HostError, LogLevel};
    use crate::property;

    const FRONTEND: &[u8] = b"spiffe://cluster.local/ns/shop/sa/frontend";
    const STRANGER: &[u8] = b"spiffe://cluster.local/ns/shop/sa/stranger";
    const WHEN: &str = r#"{"key": "source.principal", "values": ["cluster.local/ns/shop/sa/frontend"]},
        {"key": "destination.port", "values": ["8080"]}"#;

    fn stream(host: &FakeHost) -> TcpStream<FakeHost> {
        TcpStream::new(judge(host, Some(policies_with(WHEN))))
    }

    fn host(uri_san: &[u8]) -> FakeHost {
        let host = FakeHost::new();
        host.set_peer(Some(uri_san));
        host
    }

    fn told(host: &FakeHost) -> [Option<Vec<u8>>; 5] {
        [
            property::INTERLOCK,
            property::DECISION,
            property::CAUSE,
            property::POLICY,
            property::RULE,
        ]
        .map(|path| host.state(path))
    }

    #[test]
    fn a_connection_is_not_judged_before_its_first_bytes() {
        let host = host(FRONTEND);
        let _stream = stream(&host);
        assert_eq!(host.calls(), 0);
    }

    #[test]
    fn an_allowed_connection_is_judged_once_and_goes_on_from_then_on() {
        let host = host(FRONTEND);
        let mut stream = stream(&host);
        assert!(stream.data());
        let expected = [
            &b"allow-connection"[..],
            b"allow",
            b"matched-allow",
            b"shop/orders",
            b"0",
        ];
        assert_eq!(told(&host), expected.map(|value| Some(value.to_vec())));
        let calls = host.calls();
        host.set_peer(Some(STRANGER));
        assert!(stream.data() && stream.data());
        assert_eq!(host.calls(), calls);
        assert_eq!((host.closes(), host.warnings()), (0, Vec::new()));
        let counter = "spiffe_authz_requests_total.decision=.=allow;.;cause=.=matched-allow;.;mtls=.=mutual;.;policy=.=shop/orders;.;";
        assert_eq!(host.counters(), [(counter.to_owned(), 1)]);
    }

    #[test]
    fn a_denied_connection_is_closed_once_with_a_count_and_an_audit_line_and_nothing_of_it_goes_on() {
        let host = host(STRANGER);
        let mut stream = stream(&host);
        assert!(!stream.data());
        let expected = [
            None,
            Some(&b"deny"[..]),
            Some(b"no-matching-allow"),
            Some(b""),
            Some(b""),
        ];
        assert_eq!(told(&host), expected.map(|value| value.map(<[u8]>::to_vec)));
        let counter = "spiffe_authz_requests_total.decision=.=deny;.;cause=.=no-matching-allow;.;mtls=.=mutual;.;policy=.=;.;";
        assert_eq!(host.counters(), [(counter.to_owned(), 1)]);
        let lines = host.warnings();
        let [(LogLevel::Warn, line)] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert!(line.starts_with(r#"{"event":"connection-denied","#), "{line}");
        assert!(
            line.contains(r#""path":null,"destination_port":8080,"protocol":"tcp""#),
            "{line}"
        );
        let calls = host.calls();
        assert!(!stream.data() && !stream.data());
        assert_eq!((host.calls(), host.closes()), (calls, 1));
        assert_eq!(host.replies(), []);
    }

    #[test]
    fn a_connection_without_a_policy_set_is_closed() {
        let host = host(FRONTEND);
        assert!(!TcpStream::new(judge(&host, None)).data());
        assert_eq!(host.closes(), 1);
        assert_eq!(host.state(property::CAUSE).unwrap(), b"no-configuration");
    }

    const ERRORS: [HostError; 3] = [
        HostError::NotFound,
        HostError::Status(10),
        HostError::NullBuffer { size: 1 },
    ];

    /// Judges a connection of the peer once for each hostcall that this makes, with that call failing.
    fn with_each_hostcall_failing(uri_san: &[u8], error: HostError, check: impl Fn(&FakeHost, bool)) {
        let whole = host(uri_san);
        let _ = stream(&whole).data();
        assert!(whole.calls() >= 9, "{} hostcalls", whole.calls());
        for call in 0..whole.calls() {
            let host = host(uri_san);
            host.fail_call(call, error);
            let passed = stream(&host).data();
            check(&host, passed);
        }
    }

    #[test]
    fn no_failing_hostcall_lets_a_denied_connection_pass_or_opens_its_interlock() {
        for error in ERRORS {
            with_each_hostcall_failing(STRANGER, error, |host, passed| {
                assert!(!passed);
                assert_eq!(host.state(property::INTERLOCK), None);
            });
        }
    }

    #[test]
    fn whichever_hostcall_fails_an_allowed_connection_passes_only_with_its_interlock_open() {
        for error in ERRORS {
            with_each_hostcall_failing(FRONTEND, error, |host, passed| {
                assert_eq!(host.state(property::INTERLOCK).is_some(), passed);
                assert_eq!(host.closes() == 0, passed);
            });
        }
    }
}
