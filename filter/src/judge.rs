//! [`Judge`]: what becomes of one request or connection, and who is told of it.

use std::rc::Rc;

use spiffe_authz_policy::{Observations, Protocol, Request};

use crate::attributes::{Meeting, with_connection, with_request, with_trailers};
use crate::audit::{Record, log_allowed, log_denied};
use crate::host::Host;
use crate::in_force::InForce;
use crate::observed;
use crate::outcome::Refusal;
use crate::respond::{Flow, refuse, respond};
use crate::vm::Vm;

/// Judges by the policy set that was in force when the request or connection began.
#[derive(Clone, Debug)]
pub(crate) struct Judge<H> {
    host: H,
    vm: Rc<Vm>,
    in_force: Option<Rc<InForce>>,
}

impl<H: Host> Judge<H> {
    pub(crate) fn new(host: H, vm: Rc<Vm>, in_force: Option<Rc<InForce>>) -> Self {
        Self { host, vm, in_force }
    }

    /// Judges the HTTP request that the host has in hand.
    pub(crate) fn request(&self) -> Flow {
        with_request(
            &self.host,
            &self.vm.kept,
            self.in_force.as_deref(),
            |request, meeting| self.judge(request, meeting),
        )
    }

    /// Judges the TCP connection that the host has in hand.
    pub(crate) fn connection(&self) -> Flow {
        with_connection(
            &self.host,
            &self.vm.kept,
            self.in_force.as_deref(),
            |connection, meeting| self.judge(connection, meeting),
        )
    }

    /// Refuses the rest of an HTTP request, which was allowed, if its trailers say that it must not go on.
    pub(crate) fn stop_at_trailers(&self) -> Option<Flow> {
        let refusal = self.refusal_of_trailers()?;
        let in_force = self.in_force.as_deref();
        let (flow, outcome) = refuse(&self.host, Protocol::Http, refusal);
        with_request(&self.host, &self.vm.kept, in_force, |request, _| {
            let record = Record {
                outcome: &outcome,
                observations: &Observations::default(),
                policies: in_force.map(InForce::policies),
                request,
            };
            self.record(&flow, &record);
        });
        Some(flow)
    }

    fn refusal_of_trailers(&self) -> Option<Refusal<'_>> {
        let Some(policies) = self.in_force.as_deref().map(InForce::policies) else {
            return Some(Refusal::NoConfiguration);
        };
        if !policies.judges_trailers() {
            return None;
        }
        with_trailers(&self.host, |trailers| policies.refuses_trailers(trailers)).map(Refusal::Denied)
    }

    fn judge(&self, request: &Request<'_>, meeting: Meeting) -> Flow {
        let Some(in_force) = self.in_force.as_deref() else {
            return self.refuse_without_configuration(request);
        };
        let policies = in_force.policies();
        self.vm.note_peer(&self.host, policies, request.peer);
        self.vm.metrics.meet_peer(&self.host, request, meeting);
        if !policies.observes() {
            return self.decide(in_force, request, &Observations::default());
        }
        let observations = policies.observe(request);
        observed::tell_access_log(&self.host, &observations);
        self.vm.metrics.count_observed(&self.host, &observations);
        self.decide(in_force, request, &observations)
    }

    fn decide(&self, in_force: &InForce, request: &Request<'_>, observations: &Observations<'_>) -> Flow {
        let policies = in_force.policies();
        let decision = policies.decide(request);
        let told = decision.rule().map(|rule| in_force.told(rule.policy));
        let (flow, outcome) = respond(&self.host, request.protocol, decision, told.as_deref());
        let record = Record {
            outcome: &outcome,
            observations,
            policies: Some(policies),
            request,
        };
        self.vm
            .metrics
            .count(&self.host, request, &outcome, told.as_deref());
        self.log(&flow, &record);
        flow
    }

    fn refuse_without_configuration(&self, request: &Request<'_>) -> Flow {
        let (flow, outcome) = refuse(&self.host, request.protocol, Refusal::NoConfiguration);
        let record = Record {
            outcome: &outcome,
            observations: &Observations::default(),
            policies: None,
            request,
        };
        self.record(&flow, &record);
        flow
    }

    fn record(&self, flow: &Flow, record: &Record<'_>) {
        self.vm
            .metrics
            .count(&self.host, record.request, record.outcome, None);
        self.log(flow, record);
    }

    fn log(&self, flow: &Flow, record: &Record<'_>) {
        match flow {
            Flow::Continue(_) => log_allowed(&self.host, &self.vm.sampler, record),
            Flow::Stop => log_denied(&self.host, record),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, judge, policy_set, watching_policies};
    use crate::host::{HostError, LogLevel};
    use crate::property;

    fn host() -> FakeHost {
        let host = FakeHost::new();
        host.set_peer(None);
        host.set_headers(&[(b":method", b"GET"), (b":path", b"/"), (b":authority", b"a")]);
        host
    }

    /// The filter states of what was observed.
    fn told(host: &FakeHost) -> [Option<Vec<u8>>; 5] {
        [
            property::AUDITED,
            property::WOULD_DENY,
            property::WOULD_ALLOW,
            property::SHADOW_ALLOW,
            property::SHADOW_DENY,
        ]
        .map(|path| host.state(path))
    }

    #[test]
    fn what_policies_that_only_watch_say_is_told_counted_and_logged_and_changes_nothing() {
        for judged in [Judge::request, Judge::connection] {
            let host = host();
            let flow = judged(&judge(&host, Some(watching_policies("istio"))));
            assert!(flow.may_pass());
            let expected = [
                Some(&b"shop/marks"[..]),
                Some(b"shop/would-deny"),
                None,
                Some(b"denied"),
                Some(b"denied:ns[shop]-policy[would-deny]-rule[0]"),
            ];
            assert_eq!(told(&host), expected.map(|value| value.map(<[u8]>::to_vec)));
            let counted: Vec<String> = host.metrics().into_iter().map(|(name, _)| name).collect();
            assert!(
                counted
                    .iter()
                    .any(|name| name.starts_with("spiffe_authz_audited_total."))
            );
            assert_eq!(counted.len(), 6, "{counted:?}");
            let lines = host.lines();
            let [(LogLevel::Info, line)] = lines.as_slice() else {
                panic!("{lines:?}")
            };
            assert!(
                line.ends_with(r#""audited":["shop/marks"],"would_deny":["shop/would-deny"]}"#),
                "{line}"
            );
        }
    }

    #[test]
    fn without_policies_that_only_watch_nothing_is_told_of_them() {
        let host = host();
        let _ = judge(&host, Some(policy_set())).request();
        assert_eq!(told(&host), [const { None }; 5]);
    }

    #[test]
    fn whichever_hostcall_fails_a_watched_request_passes_only_with_its_interlock_open() {
        let whole = host();
        let _ = judge(&whole, Some(watching_policies("istio"))).request();
        for call in 0..whole.calls() {
            let host = host();
            host.fail_call(call, HostError::Status(10));
            let passed = judge(&host, Some(watching_policies("istio")))
                .request()
                .may_pass();
            assert_eq!(host.state(property::INTERLOCK).is_some(), passed);
            assert_eq!(host.replies().is_empty(), passed);
        }
    }
}
