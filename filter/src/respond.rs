//! From a decision to what the proxy does: the only place that lets a request go on.

use spiffe_authz_policy::{Decision, Permit};

use crate::host::{Host, LogLevel};
use crate::outcome::{Outcome, Refusal};
use crate::{property, reply};

/// The value of the interlock's property that lets a request pass.
const INTERLOCK_OPEN: &[u8] = b"allow";

/// What the proxy is to do with a request.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Flow {
    /// The request goes on.
    Continue(Passage),
    /// The request goes no further.
    Stop,
}

/// The proof that a permit was taken and the interlock opened. Made here alone.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Passage(());

/// Carries a decision out.
pub(crate) fn respond<'p>(host: &impl Host, decision: Decision<'p>) -> (Flow, Outcome<'p>) {
    let outcome = Outcome::from(&decision);
    match decision {
        Decision::Allow(permit) => let_pass(host, permit, outcome),
        Decision::Deny(denial) => refuse(host, Refusal::Denied(denial)),
    }
}

/// Answers the request by itself. Should the proxy not take the answer, the request stands still.
pub(crate) fn refuse<'p>(host: &impl Host, refusal: Refusal<'p>) -> (Flow, Outcome<'p>) {
    let outcome = Outcome::from(refusal);
    tell_access_log(host, &outcome);
    if let Err(error) = reply::send(host, refusal) {
        host.log(
            LogLevel::Error,
            &format!("the local reply to a denied request was not sent: {error}"),
        );
    }
    (Flow::Stop, outcome)
}

/// The permit is used up here: one permit, one request.
fn let_pass<'p>(host: &impl Host, _permit: Permit<'p>, outcome: Outcome<'p>) -> (Flow, Outcome<'p>) {
    if let Err(error) = host.set_property(property::INTERLOCK, INTERLOCK_OPEN) {
        host.log(
            LogLevel::Error,
            &format!("the interlock of an allowed request was not opened: {error}"),
        );
        return refuse(host, Refusal::InterlockFailed);
    }
    tell_access_log(host, &outcome);
    (Flow::Continue(Passage(())), outcome)
}

/// Puts the outcome where the access log finds it. Nothing rests on it, so a failure changes nothing.
fn tell_access_log(host: &impl Host, outcome: &Outcome<'_>) {
    let policy = outcome
        .rule
        .map_or_else(String::new, |rule| rule.policy.to_string());
    let rule = outcome
        .rule
        .map_or_else(String::new, |rule| rule.index.to_string());
    for (path, value) in [
        (property::DECISION, outcome.decision),
        (property::CAUSE, outcome.cause),
        (property::POLICY, &policy),
        (property::RULE, &rule),
    ] {
        let _ = host.set_property(path, value.as_bytes());
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
            assert_eq!(refuse(&host, refusal), (Flow::Stop, Outcome::from(refusal)));
            assert_eq!(host.replies().len(), 1);
            assert_eq!(host.state(property::INTERLOCK), None);
        }
    }

    #[test]
    fn the_access_log_is_told_decision_cause_policy_and_rule() {
        let policy = orders();
        let host = FakeHost::new();
        refuse(
            &host,
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
        refuse(&host, Refusal::Denied(Denial::MtlsRequired));
        assert_eq!(host.state(property::POLICY).unwrap(), b"");
        assert_eq!(host.state(property::RULE).unwrap(), b"");
    }

    #[test]
    fn a_denied_request_stops_although_the_proxy_takes_no_reply() {
        let host = FakeHost::new();
        host.refuse_replies(HostError::Status(2));
        let (flow, _) = refuse(&host, Refusal::Denied(Denial::MtlsRequired));
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
