//! From a decision to what the proxy does: the only place that lets a request or a connection go on.

use spiffe_authz_policy::{Decision, Permit, Protocol};

use crate::decimal::Decimal;
use crate::host::{Host, LogLevel};
use crate::in_force::Told;
use crate::outcome::{Outcome, Refusal};
use crate::{property, reply};

/// The value of the interlock's property that lets a request pass.
const REQUEST_MAY_PASS: &[u8] = b"allow";
/// The value that lets a connection pass. It is another one because requests see the filter state of their
/// connection: what lets that pass must not let them.
const CONNECTION_MAY_PASS: &[u8] = b"allow-connection";

/// What the proxy is to do with a request or a connection.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Flow {
    /// It goes on.
    Continue(Passage),
    /// It goes no further.
    Stop,
}

impl Flow {
    /// Whether bytes go on.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Continue(_) => true,
            Self::Stop => false,
        }
    }
}

/// The proof that a permit was taken and the interlock opened. Made here alone.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Passage(());

/// Carries a decision out; `told` is of the policy that decided.
pub(crate) fn respond<'p>(
    host: &impl Host,
    protocol: Protocol,
    decision: Decision<'p>,
    told: Option<&Told>,
) -> (Flow, Outcome<'p>) {
    let outcome = Outcome::from(&decision);
    match decision {
        Decision::Allow(permit) => match let_pass(host, protocol, permit) {
            Some(passage) => {
                tell_access_log(host, &outcome, told.map_or("", |told| told.name.as_str()));
                (Flow::Continue(passage), outcome)
            }
            None => refuse(host, protocol, Refusal::InterlockFailed),
        },
        Decision::Deny(denial) => refuse(host, protocol, Refusal::Denied(denial)),
    }
}

/// Answers a request by itself and closes a connection. Should the proxy do neither, it stands still.
pub(crate) fn refuse<'p>(host: &impl Host, protocol: Protocol, refusal: Refusal<'p>) -> (Flow, Outcome<'p>) {
    let outcome = Outcome::from(refusal);
    let policy = outcome.rule.map(|rule| rule.policy.to_string());
    tell_access_log(host, &outcome, &policy.unwrap_or_default());
    let (done, what) = match protocol {
        Protocol::Http => (
            reply::send(host, refusal),
            "the local reply to a denied request was not sent",
        ),
        Protocol::Tcp => (host.close_downstream(), "a denied connection was not closed"),
    };
    if let Err(error) = done {
        host.log(LogLevel::Error, &format!("{what}: {error}"));
    }
    (Flow::Stop, outcome)
}

/// The permit is used up here: one permit, one request or connection.
fn let_pass(host: &impl Host, protocol: Protocol, _permit: Permit<'_>) -> Option<Passage> {
    let word = match protocol {
        Protocol::Http => REQUEST_MAY_PASS,
        Protocol::Tcp => CONNECTION_MAY_PASS,
    };
    match host.set_property(property::INTERLOCK, word) {
        Ok(()) => Some(Passage(())),
        Err(error) => {
            let line = format!("the interlock of an allowed request was not opened: {error}");
            host.log(LogLevel::Error, &line);
            None
        }
    }
}

/// Puts the outcome where the access log finds it. Nothing rests on it, so a failure changes nothing.
fn tell_access_log(host: &impl Host, outcome: &Outcome<'_>, policy: &str) {
    let rule = outcome.rule.map(|rule| Decimal::from(rule.index));
    for (path, value) in [
        (property::DECISION, outcome.decision.as_bytes()),
        (property::CAUSE, outcome.cause.as_bytes()),
        (property::POLICY, policy.as_bytes()),
        (property::RULE, rule.as_ref().map_or(&[], Decimal::as_bytes)),
    ] {
        let _ = host.set_property(path, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;
    use crate::host::HostError;
    use spiffe_authz_policy::{Denial, PolicyId, RuleRef};

    fn orders() -> PolicyId {
        PolicyId {
            namespace: "shop".to_owned(),
            name: "orders".to_owned(),
        }
    }

    #[test]
    fn a_refused_request_is_answered_and_its_interlock_stays_shut() {
        for refusal in [Refusal::NoConfiguration, Refusal::Denied(Denial::NoMatchingAllow)] {
            let host = FakeHost::new();
            assert_eq!(
                refuse(&host, Protocol::Http, refusal),
                (Flow::Stop, Outcome::from(refusal))
            );
            assert_eq!(host.replies().len(), 1);
            assert_eq!(host.state(property::INTERLOCK), None);
        }
    }

    #[test]
    fn a_refused_connection_is_closed_and_gets_no_reply() {
        let host = FakeHost::new();
        let refusal = Refusal::Denied(Denial::NoMatchingAllow);
        let expected = (Flow::Stop, Outcome::from(refusal));
        assert_eq!(refuse(&host, Protocol::Tcp, refusal), expected);
        assert_eq!((host.closes(), host.replies()), (1, Vec::new()));
        assert_eq!(host.state(property::INTERLOCK), None);
        assert_eq!(host.state(property::DECISION).unwrap(), b"deny");
    }

    #[test]
    fn a_connection_that_the_proxy_does_not_close_stops_all_the_same() {
        let host = FakeHost::new();
        host.refuse_closes(HostError::Status(2));
        let (flow, _) = refuse(&host, Protocol::Tcp, Refusal::NoConfiguration);
        assert_eq!(flow, Flow::Stop);
        let line = "a denied connection was not closed: status 2".to_owned();
        assert_eq!(host.lines(), [(LogLevel::Error, line)]);
    }

    #[test]
    fn the_access_log_is_told_decision_cause_policy_and_rule() {
        let policy = orders();
        let host = FakeHost::new();
        refuse(
            &host,
            Protocol::Http,
            Refusal::Denied(Denial::MatchedDeny {
                rule: RuleRef {
                    policy: &policy,
                    index: 3,
                },
                response: None,
            }),
        );
        let state = [
            property::DECISION,
            property::CAUSE,
            property::POLICY,
            property::RULE,
        ];
        let told = state.map(|path| host.state(path).unwrap());
        assert_eq!(told, [&b"deny"[..], b"matched-deny", b"shop/orders", b"3"]);
    }

    #[test]
    fn where_no_rule_decided_policy_and_rule_are_empty() {
        let host = FakeHost::new();
        refuse(&host, Protocol::Http, Refusal::Denied(Denial::MtlsRequired));
        assert_eq!(host.state(property::POLICY).unwrap(), b"");
        assert_eq!(host.state(property::RULE).unwrap(), b"");
    }

    #[test]
    fn a_denied_request_stops_although_the_proxy_takes_no_reply() {
        let host = FakeHost::new();
        host.refuse_replies(HostError::Status(2));
        let (flow, _) = refuse(&host, Protocol::Http, Refusal::Denied(Denial::MtlsRequired));
        assert_eq!(flow, Flow::Stop);
        assert_eq!(
            host.lines(),
            [(
                LogLevel::Error,
                "the local reply to a denied request was not sent: status 2".to_owned()
            )]
        );
    }
}
