//! From a decision to what the proxy does: the only place that lets a request go on.
//!
//! A denial is answered as Istio's sidecar answers one: status 403, the body `RBAC: access denied`, and in
//! `%RESPONSE_CODE_DETAILS%` the rule, as `rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[0]]`, or
//! `[none]` where no policy allowed the request. A denial that no policy is behind has the details
//! `spiffe_authz_denied[CAUSE]`.

use spiffe_authz_policy::{Decision, Denial, Permit};

use crate::host::{Host, LocalReply, LogLevel};
use crate::outcome::{Outcome, Refusal};
use crate::property;

/// The value of the interlock's property that lets a request pass.
const INTERLOCK_OPEN: &[u8] = b"allow";
const FORBIDDEN: u32 = 403;
const BODY: &str = "RBAC: access denied";

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

/// Answers the request with 403. Should the proxy not take the answer, the request stands still.
pub(crate) fn refuse<'p>(host: &impl Host, refusal: Refusal<'p>) -> (Flow, Outcome<'p>) {
    let outcome = Outcome::from(refusal);
    tell_access_log(host, &outcome);
    let reply = LocalReply {
        status: FORBIDDEN,
        details: &details(refusal),
        body: BODY,
    };
    if let Err(error) = host.send_local_reply(&reply) {
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

fn details(refusal: Refusal<'_>) -> String {
    let details = match refusal {
        Refusal::Denied(Denial::MatchedDeny { rule, .. }) => {
            format!("rbac_access_denied_matched_policy[{rule}]")
        }
        Refusal::Denied(Denial::NoMatchingAllow | Denial::NoAllowPolicy) => {
            "rbac_access_denied_matched_policy[none]".to_owned()
        }
        Refusal::Denied(
            Denial::MtlsRequired
            | Denial::PeerUnreadable
            | Denial::Identity(_)
            | Denial::AmbiguousHost
            | Denial::SourceIpUnreadable(_),
        )
        | Refusal::NoConfiguration
        | Refusal::InterlockFailed => format!("spiffe_authz_denied[{}]", refusal.code()),
    };
    // Access logs are split at white space.
    details.replace(char::is_whitespace, "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::{FakeHost, Reply};
    use crate::host::HostError;
    use spiffe_authz_policy::{IdentityError, PolicyId, RuleRef};

    fn orders() -> PolicyId {
        PolicyId {
            namespace: "shop".to_owned(),
            name: "orders".to_owned(),
        }
    }

    #[test]
    fn a_denial_answers_403_with_the_rule_or_the_cause_in_the_details() {
        let policy = orders();
        let rule = RuleRef {
            policy: &policy,
            index: 3,
        };
        let table = [
            (
                Refusal::Denied(Denial::MatchedDeny { rule, response: None }),
                "rbac_access_denied_matched_policy[ns[shop]-policy[orders]-rule[3]]",
            ),
            (
                Refusal::Denied(Denial::NoMatchingAllow),
                "rbac_access_denied_matched_policy[none]",
            ),
            (
                Refusal::Denied(Denial::NoAllowPolicy),
                "rbac_access_denied_matched_policy[none]",
            ),
            (
                Refusal::Denied(Denial::MtlsRequired),
                "spiffe_authz_denied[mtls-required]",
            ),
            (
                Refusal::Denied(Denial::PeerUnreadable),
                "spiffe_authz_denied[peer-unreadable]",
            ),
            (
                Refusal::Denied(Denial::AmbiguousHost),
                "spiffe_authz_denied[ambiguous-host]",
            ),
            (
                Refusal::Denied(Denial::Identity(IdentityError::NoSvid)),
                "spiffe_authz_denied[no-svid]",
            ),
            (Refusal::NoConfiguration, "spiffe_authz_denied[no-configuration]"),
            (Refusal::InterlockFailed, "spiffe_authz_denied[interlock-failed]"),
        ];
        for (refusal, details) in table {
            let host = FakeHost::new();
            assert_eq!(refuse(&host, refusal), (Flow::Stop, Outcome::from(refusal)));
            let body = "RBAC: access denied".to_owned();
            assert_eq!(
                host.replies(),
                [Reply {
                    status: 403,
                    details: details.to_owned(),
                    body
                }]
            );
            assert_eq!(host.state(property::INTERLOCK), None);
        }
    }

    #[test]
    fn white_space_in_a_policy_name_becomes_an_underscore_in_the_details() {
        let policy = PolicyId {
            namespace: "a b".to_owned(),
            name: "c\td\u{a0}e\n".to_owned(),
        };
        let rule = RuleRef {
            policy: &policy,
            index: 0,
        };
        let details = details(Refusal::Denied(Denial::MatchedDeny { rule, response: None }));
        assert_eq!(
            details,
            "rbac_access_denied_matched_policy[ns[a_b]-policy[c_d_e_]-rule[0]]"
        );
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
