//! Whether what came of a row's request is what must come of it.

use crate::application::Received;
use crate::observation::{Got, Observation, shortened};
use crate::scenario::{Expected, Row};

impl Observation {
    /// What is not as the row says it must be; empty when all is.
    #[must_use]
    pub fn differences(&self, row: &Row) -> Vec<String> {
        match row.expected {
            Expected::Allowed { policy } => self.differences_from_allowed(row, policy),
            Expected::Denied { cause, policy } => self.differences_from_denied(cause, policy),
            Expected::NoAnswer => self.differences_from_no_answer(),
        }
    }

    fn differences_from_allowed(&self, row: &Row, policy: &str) -> Vec<String> {
        let Got::Response { status: 200, body } = &self.got else {
            return vec![self.instead_of("200")];
        };
        let mut differences = self.unexpected_reach(true);
        differences.extend(self.unexpected_decision("allow", "matched-allow", policy));
        differences.extend(unexpected_identity(row, body));
        differences
    }

    fn differences_from_denied(&self, cause: &str, policy: Option<&str>) -> Vec<String> {
        let Got::Response { status: 403, .. } = &self.got else {
            return vec![self.instead_of("403")];
        };
        let mut differences = self.unexpected_reach(false);
        differences.extend(self.unexpected_decision("deny", cause, policy.unwrap_or_default()));
        differences
    }

    fn differences_from_no_answer(&self) -> Vec<String> {
        let refused = matches!(&self.got, Got::NoAnswer(failure) if failure.is_refusal_by_peer());
        let mut differences = if refused {
            Vec::new()
        } else {
            vec![self.instead_of("a failed handshake")]
        };
        differences.extend(self.unexpected_reach(false));
        let handshake = self.log.as_ref().and_then(|line| line.handshake_failure.as_ref());
        if refused && handshake.is_none() {
            differences.push("the workload's Envoy did not log a failed handshake".to_owned());
        }
        differences
    }

    fn instead_of(&self, expected: &str) -> String {
        match &self.got {
            Got::Response { status, body } => {
                format!("{status} instead of {expected}: `{}`", shortened(body.trim_end()))
            }
            Got::NoAnswer(failure) => format!("{failure} instead of {expected}"),
            Got::NotSent { at, reason } => format!("{reason} at {at} instead of {expected}"),
        }
    }

    fn unexpected_reach(&self, expected: bool) -> Vec<String> {
        match &self.reached {
            Ok(reached) if *reached == expected => Vec::new(),
            Ok(true) => vec!["the request reached the application".to_owned()],
            Ok(false) => vec!["the request did not reach the application".to_owned()],
            Err(reason) => vec![reason.clone()],
        }
    }

    fn unexpected_decision(&self, decision: &str, cause: &str, policy: &str) -> Vec<String> {
        let Some(line) = &self.log else {
            return vec!["the workload's Envoy did not log the request".to_owned()];
        };
        let checks = [
            ("decision", decision, &line.decision),
            ("cause", cause, &line.cause),
            ("policy", policy, &line.policy),
        ];
        let wrong = checks
            .into_iter()
            .filter(|(_, must, found)| found.as_deref().unwrap_or_default() != *must);
        wrong
            .map(|(what, must, found)| {
                format!(
                    "{what} `{}` instead of `{must}`",
                    found.as_deref().unwrap_or_default()
                )
            })
            .collect()
    }
}

/// The application is told the SPIFFE ID of the certificate, and no other.
fn unexpected_identity(row: &Row, body: &str) -> Option<String> {
    let received: Received = match serde_json::from_str(body) {
        Ok(received) => received,
        Err(error) => return Some(format!("the answer is not the application's ({error}): `{body}`")),
    };
    let told: Vec<&str> = received
        .x_forwarded_client_cert
        .iter()
        .flat_map(|value| uris(value))
        .collect();
    let expected = row.from.spiffe_id();
    if told == expected.iter().map(String::as_str).collect::<Vec<_>>() {
        return None;
    }
    Some(format!(
        "the application was told `{}` instead of {expected:?}",
        told.join("`, `")
    ))
}

/// The `URI` fields of an `x-forwarded-client-cert` value. Without quotes: no SPIFFE ID needs them.
fn uris(value: &str) -> impl Iterator<Item = &str> {
    value
        .split([',', ';'])
        .filter_map(|field| field.trim().strip_prefix("URI="))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_log::AccessLogLine;
    use crate::scenario::Sender;
    use crate::transport_failure::{FailureKind, Step, TransportFailure};
    use crate::workload::Workload;

    fn row(expected: Expected) -> Row {
        let from = Sender::Application(Workload::Frontend);
        Row {
            from,
            to: Workload::Orders,
            method: "GET",
            path: "/orders/7",
            forged_xfcc: None,
            expected,
        }
    }

    const ALLOWED: Expected = Expected::Allowed {
        policy: "shop/orders",
    };
    const DENIED: Expected = Expected::Denied {
        cause: "no-matching-allow",
        policy: None,
    };

    fn log(decision: &str, cause: &str, policy: &str) -> Option<AccessLogLine> {
        let (decision, cause, policy) = (Some(decision.into()), Some(cause.into()), Some(policy.into()));
        Some(AccessLogLine {
            decision,
            cause,
            policy,
            ..AccessLogLine::default()
        })
    }

    fn body(xfcc: &str) -> String {
        format!(
            r#"{{"service":"orders","method":"GET","path":"/orders/7","x_forwarded_client_cert":["{xfcc}"]}}"#
        )
    }

    fn allowed(xfcc: &str) -> Observation {
        Observation {
            got: Got::Response {
                status: 200,
                body: body(xfcc),
            },
            reached: Ok(true),
            log: log("allow", "matched-allow", "shop/orders"),
        }
    }

    fn denied() -> Observation {
        Observation {
            got: Got::Response {
                status: 403,
                body: "RBAC: access denied".into(),
            },
            reached: Ok(false),
            log: log("deny", "no-matching-allow", ""),
        }
    }

    fn no_answer(kind: FailureKind) -> Observation {
        let handshake_failure = Some("TLS_error".to_owned());
        Observation {
            got: Got::NoAnswer(TransportFailure {
                step: Step::Read,
                kind,
            }),
            reached: Ok(false),
            log: Some(AccessLogLine {
                handshake_failure,
                ..AccessLogLine::default()
            }),
        }
    }

    const FRONTEND: &str =
        "By=spiffe://cluster.local/ns/shop/sa/orders;URI=spiffe://cluster.local/ns/shop/sa/frontend";

    #[test]
    fn what_must_come_makes_no_difference() {
        assert_eq!(allowed(FRONTEND).differences(&row(ALLOWED)), Vec::<String>::new());
        assert_eq!(denied().differences(&row(DENIED)), Vec::<String>::new());
        assert_eq!(
            no_answer(FailureKind::Reset).differences(&row(Expected::NoAnswer)),
            Vec::<String>::new()
        );
    }

    fn expect_difference(observation: &Observation, expected: Expected, difference: &str) {
        assert_eq!(observation.differences(&row(expected)), [difference]);
    }

    #[test]
    fn another_answer_than_the_expected_one_is_shown() {
        expect_difference(&denied(), ALLOWED, "403 instead of 200: `RBAC: access denied`");
        let refused = no_answer(FailureKind::Refused);
        expect_difference(
            &refused,
            Expected::NoAnswer,
            "connection refused instead of a failed handshake",
        );
        expect_difference(&refused, DENIED, "connection refused instead of 403");
    }

    #[test]
    fn what_the_application_received_counts_more_than_the_answer() {
        let reached = |reached, observation| Observation {
            reached,
            ..observation
        };
        let allowed = allowed(FRONTEND);
        expect_difference(
            &reached(Ok(false), allowed),
            ALLOWED,
            "the request did not reach the application",
        );
        expect_difference(
            &reached(Ok(true), denied()),
            DENIED,
            "the request reached the application",
        );
        expect_difference(
            &reached(Err("nobody knows".into()), denied()),
            DENIED,
            "nobody knows",
        );
    }

    #[test]
    fn another_decision_cause_or_policy_is_shown() {
        let logged = |log| Observation { log, ..denied() };
        let line = |cause, policy| logged(log("deny", cause, policy));
        let cause = "cause `matched-deny` instead of `no-matching-allow`";
        expect_difference(&line("matched-deny", ""), DENIED, cause);
        expect_difference(
            &line("no-matching-allow", "a/b"),
            DENIED,
            "policy `a/b` instead of ``",
        );
        let decision = logged(log("allow", "no-matching-allow", ""));
        expect_difference(&decision, DENIED, "decision `allow` instead of `deny`");
    }

    #[test]
    fn a_request_or_handshake_that_was_not_logged_is_a_difference() {
        let unlogged = |observation| Observation {
            log: None,
            ..observation
        };
        expect_difference(
            &unlogged(denied()),
            DENIED,
            "the workload's Envoy did not log the request",
        );
        let handshake = "the workload's Envoy did not log a failed handshake";
        expect_difference(
            &unlogged(no_answer(FailureKind::Reset)),
            Expected::NoAnswer,
            handshake,
        );
    }

    #[test]
    fn an_application_that_is_told_a_forged_identity_is_a_difference() {
        let forged = format!("{FRONTEND},URI=spiffe://cluster.local/ns/shop/sa/payments");
        for xfcc in [
            forged.as_str(),
            "",
            "URI=spiffe://cluster.local/ns/shop/sa/payments",
        ] {
            assert_eq!(allowed(xfcc).differences(&row(ALLOWED)).len(), 1, "{xfcc}");
        }
    }
}
