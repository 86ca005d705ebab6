//! [`HttpStream`]: one HTTP request on its way through the filter.

use crate::host::Host;
use crate::judge::Judge;
use crate::respond::Flow;

/// One HTTP request.
#[derive(Debug)]
pub(crate) struct HttpStream<H> {
    judge: Judge<H>,
    /// There once the request was judged.
    flow: Option<Flow>,
}

impl<H: Host> HttpStream<H> {
    pub(crate) fn new(judge: Judge<H>) -> Self {
        Self { judge, flow: None }
    }

    /// Judges the request; true lets it go on.
    #[must_use]
    pub(crate) fn judge(&mut self) -> bool {
        self.flow = Some(self.judge.request());
        self.may_pass()
    }

    /// Judges the trailers of a request that was allowed; true lets them go on.
    #[must_use]
    pub(crate) fn trailers(&mut self) -> bool {
        if !self.may_pass() {
            return false;
        }
        if let Some(stopped) = self.judge.stop_at_trailers() {
            self.flow = Some(stopped);
        }
        self.may_pass()
    }

    /// Whether the body goes on. A proxy that takes no local reply may still bring the body of a request
    /// that was stopped, and letting that pass would set the request in motion again.
    #[must_use]
    pub(crate) fn may_pass(&self) -> bool {
        self.flow.as_ref().is_some_and(Flow::may_pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, judge, policies_with, policy_set};
    use crate::host::{HostError, LogLevel};
    use crate::property;

    /// The requests of these tests, by what the policies of [`policy_set`] make of them.
    const ALLOWED: (&[u8], &[u8]) = (b"GET", b"/orders/1?x=1");
    const DENIED_BY_RULE: (&[u8], &[u8]) = (b"GET", b"/orders/admin");
    const DENIED_BY_DEFAULT: (&[u8], &[u8]) = (b"DELETE", b"/orders/1");

    fn stream(host: &FakeHost) -> HttpStream<FakeHost> {
        HttpStream::new(judge(host, Some(policy_set())))
    }

    fn frontend((method, path): (&[u8], &[u8])) -> FakeHost {
        let host = FakeHost::new();
        host.set_peer(Some(b"spiffe://cluster.local/ns/shop/sa/frontend"));
        host.set_headers(&[
            (b":method", method),
            (b":path", path),
            (b":authority", b"orders.shop"),
        ]);
        host
    }

    fn told(host: &FakeHost) -> [Option<Vec<u8>>; 5] {
        let paths = [
            property::INTERLOCK,
            property::DECISION,
            property::CAUSE,
            property::POLICY,
            property::RULE,
        ];
        paths.map(|path| host.state(path))
    }

    #[test]
    fn an_allowed_request_goes_on_with_the_interlock_open_and_nothing_logged() {
        let host = frontend(ALLOWED);
        assert!(stream(&host).judge());
        let expected = [&b"allow"[..], b"allow", b"matched-allow", b"shop/orders", b"0"];
        assert_eq!(told(&host), expected.map(|value| Some(value.to_vec())));
        let counter = "spiffe_authz_requests_total.decision=.=allow;.;cause=.=matched-allow;.;mtls=.=mutual;.;policy=.=shop/orders;.;";
        assert_eq!(host.counters(), [(counter.to_owned(), 1)]);
        assert_eq!(host.replies(), []);
        assert_eq!(host.warnings(), []);
    }

    #[test]
    fn a_denied_request_stops_with_a_reply_a_count_and_an_audit_line() {
        let host = frontend(DENIED_BY_RULE);
        assert!(!stream(&host).judge());
        let expected = [
            None,
            Some(&b"deny"[..]),
            Some(b"matched-deny"),
            Some(b"shop/no-admin"),
            Some(b"1"),
        ];
        assert_eq!(told(&host), expected.map(|value| value.map(<[u8]>::to_vec)));
        let counter = "spiffe_authz_requests_total.decision=.=deny;.;cause=.=matched-deny;.;mtls=.=mutual;.;policy=.=shop/no-admin;.;";
        assert_eq!(host.counters(), [(counter.to_owned(), 1)]);
        let details = "rbac_access_denied_matched_policy[ns[shop]-policy[no-admin]-rule[1]]";
        assert_eq!(host.replies()[0].details, details);
        let lines = host.warnings();
        let [(LogLevel::Warn, line)] = lines.as_slice() else {
            panic!("{lines:?}")
        };
        assert!(line.contains(r#""policy":"shop/no-admin","rule":1,"#), "{line}");
    }

    #[test]
    fn a_request_that_no_rule_allows_stops() {
        let host = frontend(DENIED_BY_DEFAULT);
        assert!(!stream(&host).judge());
        assert_eq!(
            host.replies()[0].details,
            "rbac_access_denied_matched_policy[none]"
        );
        assert_eq!(host.state(property::CAUSE).unwrap(), b"no-matching-allow");
    }

    #[test]
    fn plaintext_under_strict_stops() {
        let host = frontend(ALLOWED);
        host.set_peer(None);
        assert!(!stream(&host).judge());
        assert_eq!(host.replies()[0].details, "spiffe_authz_denied[mtls-required]");
    }

    #[test]
    fn a_request_without_a_policy_set_stops() {
        let host = frontend(ALLOWED);
        let mut stream = HttpStream::new(judge(&host, None));
        assert!(!stream.judge());
        assert_eq!(host.replies()[0].details, "spiffe_authz_denied[no-configuration]");
        assert!(host.warnings()[0].1.contains(r#""cause":"no-configuration""#));
    }

    #[test]
    fn a_rule_that_hangs_on_a_direct_peer_address_that_nobody_says_stops_the_request_for_that_cause() {
        let host = frontend(ALLOWED);
        let policies = policies_with(r#"{"key": "source.ip", "values": ["10.0.0.0/8"]}"#);
        assert!(!HttpStream::new(judge(&host, Some(policies))).judge());
        let details = "spiffe_authz_denied[source-ip-unreadable]";
        assert_eq!(host.replies()[0].details, details);
        assert_eq!(host.state(property::CAUSE).unwrap(), b"source-ip-unreadable");
        let counter = "spiffe_authz_requests_total.decision=.=deny;.;cause=.=source-ip-unreadable;.;mtls=.=mutual;.;policy=.=shop/orders;.;";
        assert_eq!(host.counters(), [(counter.to_owned(), 1)]);
        let cause = r#""cause":"source-ip-unreadable","policy":"shop/orders","rule":0,"#;
        assert!(host.warnings()[0].1.contains(cause));
    }

    #[test]
    fn body_and_trailers_pass_only_after_the_request_was_allowed() {
        let host = frontend(ALLOWED);
        let mut allowed = stream(&host);
        assert!(!allowed.may_pass());
        assert!(allowed.judge() && allowed.may_pass());
        let host = frontend(DENIED_BY_DEFAULT);
        host.refuse_replies(HostError::Status(10));
        let mut denied = stream(&host);
        assert!(!denied.judge() && !denied.may_pass());
    }

    #[test]
    fn an_allowed_request_whose_interlock_does_not_open_stops() {
        let host = frontend(ALLOWED);
        host.refuse_property(property::INTERLOCK, HostError::Status(2));
        assert!(!stream(&host).judge());
        assert_eq!(host.replies()[0].details, "spiffe_authz_denied[interlock-failed]");
        assert_eq!(host.state(property::DECISION).unwrap(), b"deny");
        assert_eq!(host.state(property::CAUSE).unwrap(), b"interlock-failed");
    }

    /// Judges the request once for each hostcall that it makes, with that call failing.
    fn with_each_hostcall_failing(
        request: (&[u8], &[u8]),
        error: HostError,
        check: impl Fn(&FakeHost, bool),
    ) {
        let whole = frontend(request);
        let _ = stream(&whole).judge();
        assert!(whole.calls() >= 9, "{} hostcalls", whole.calls());
        for call in 0..whole.calls() {
            let host = frontend(request);
            host.fail_call(call, error);
            let passed = stream(&host).judge();
            check(&host, passed);
        }
    }

    const ERRORS: [HostError; 4] = [
        HostError::NotFound,
        HostError::Status(10),
        HostError::Status(u32::MAX),
        HostError::NullBuffer { size: 1 },
    ];

    #[test]
    fn no_failing_hostcall_lets_a_denied_request_pass_or_opens_its_interlock() {
        for (request, error) in [DENIED_BY_RULE, DENIED_BY_DEFAULT]
            .into_iter()
            .flat_map(|request| ERRORS.map(|error| (request, error)))
        {
            with_each_hostcall_failing(request, error, |host, passed| {
                assert!(!passed);
                assert_eq!(host.state(property::INTERLOCK), None);
            });
        }
    }

    #[test]
    fn whichever_hostcall_fails_an_allowed_request_passes_only_with_its_interlock_open() {
        for error in ERRORS {
            with_each_hostcall_failing(ALLOWED, error, |host, passed| {
                assert_eq!(host.state(property::INTERLOCK).is_some(), passed);
                assert_eq!(host.replies().is_empty(), passed);
            });
        }
    }

    #[test]
    fn a_failing_metric_or_annotation_changes_no_decision() {
        let passed_with = |failing: fn(&FakeHost)| {
            let host = frontend(ALLOWED);
            failing(&host);
            stream(&host).judge()
        };
        assert!(passed_with(|host| host.refuse_metrics(HostError::Status(2))));
        for path in [
            property::DECISION,
            property::CAUSE,
            property::POLICY,
            property::RULE,
        ] {
            let host = frontend(ALLOWED);
            host.refuse_property(path, HostError::Status(2));
            assert!(stream(&host).judge());
        }
    }

    /// A rule on the header `x-role`.
    const ON_ROLE: &str = r#"{"key": "request.headers[x-role]", "notValues": ["guest"]}"#;

    /// An allowed request whose headers were judged, and its host.
    fn judged_by(when: &str) -> (FakeHost, HttpStream<FakeHost>) {
        let host = frontend(ALLOWED);
        host.set_headers(&[
            (b":method", b"GET"),
            (b":path", b"/orders/1"),
            (b"x-role", b"user"),
        ]);
        let mut stream = HttpStream::new(judge(&host, Some(policies_with(when))));
        assert!(stream.judge());
        (host, stream)
    }

    #[test]
    fn trailers_that_no_policy_reads_go_on_and_change_nothing() {
        let (host, mut stream) = judged_by(ON_ROLE);
        host.set_trailers(&[(b"grpc-status", b"0"), (b"x-roles", b"guest")]);
        let lines = host.lines();
        assert!(stream.trailers() && stream.may_pass());
        assert_eq!((host.replies(), host.lines()), (Vec::new(), lines));
        assert_eq!(host.state(property::DECISION).unwrap(), b"allow");
    }

    #[test]
    fn a_trailer_with_the_name_of_a_header_that_policies_read_stops_the_request_for_good() {
        let (host, mut stream) = judged_by(ON_ROLE);
        host.set_trailers(&[(b"grpc-status", b"0"), (b"X-Role", b"guest")]);
        assert!(!stream.trailers() && !stream.may_pass());
        host.set_trailers(&[]);
        assert!(!stream.trailers());
        assert_eq!(host.replies().len(), 1);
        assert_eq!(
            host.replies()[0].details,
            "spiffe_authz_denied[trailer-in-policy]"
        );
        assert_eq!(host.state(property::CAUSE).unwrap(), b"trailer-in-policy");
        let counter = "spiffe_authz_requests_total.decision=.=deny;.;cause=.=trailer-in-policy;.;mtls=.=mutual;.;policy=.=;.;";
        assert!(host.metrics().contains(&(counter.to_owned(), 1)));
        let lines = host.lines();
        let (_, line) = lines.last().unwrap();
        assert!(line.contains(r#""cause":"trailer-in-policy""#) && line.contains(r#""path":"/orders/1""#));
    }

    #[test]
    fn trailers_that_the_host_does_not_hand_over_stop_the_request_where_a_header_is_read() {
        let whole = crate::pairs::serialize(&[(b"a", b"b")]);
        let cut = &whole[..whole.len() - 1];
        let overlong: &[u8] = b"\xff\xff\xff\xff\0\0\0\0";
        for reading in ERRORS
            .map(Err)
            .into_iter()
            .chain([Ok(cut), Ok(overlong), Ok(b"\x01")])
        {
            let (host, mut stream) = judged_by(ON_ROLE);
            host.set_trailers_reading(reading);
            assert!(!stream.trailers(), "{reading:?}");
            assert_eq!(host.state(property::CAUSE).unwrap(), b"trailer-in-policy");
        }
    }

    #[test]
    fn trailers_are_not_asked_for_where_no_policy_reads_a_header() {
        let (host, mut stream) = judged_by(r#"{"key": "destination.port", "values": ["8080"]}"#);
        let calls = host.calls();
        assert!(stream.trailers());
        assert_eq!(host.calls(), calls);
    }

    #[test]
    fn trailers_of_a_denied_request_never_go_on() {
        let host = frontend(DENIED_BY_DEFAULT);
        let mut denied = stream(&host);
        assert!(!denied.trailers());
        assert!(!denied.judge() && !denied.trailers());
        assert_eq!(host.replies().len(), 1);
    }

    #[test]
    fn whichever_hostcall_fails_refused_trailers_stop_the_request() {
        let refused = |failing: Option<(usize, HostError)>| {
            let (host, mut stream) = judged_by(ON_ROLE);
            host.set_trailers(&[(b"x-role", b"guest")]);
            let before = host.calls();
            if let Some((call, error)) = failing {
                host.fail_call(before + call, error);
            }
            assert!(!stream.trailers() && !stream.may_pass(), "{failing:?}");
            host.calls() - before
        };
        let calls = refused(None);
        assert!(calls >= 9, "{calls} hostcalls");
        for (call, error) in (0..calls).flat_map(|call| ERRORS.map(|error| (call, error))) {
            refused(Some((call, error)));
        }
    }
}
