//! What came of a row's request, and the words for it in the table.

use crate::access_log::AccessLogLine;
use crate::transport_failure::TransportFailure;

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What the sender got.
    pub got: Got,
    /// Whether the request reached the application; the reason where the application does not say.
    pub reached: Result<bool, String>,
    /// What the Envoy in front of the application wrote about it.
    pub log: Option<AccessLogLine>,
}

/// What the sender of a request got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    /// A response.
    Response {
        /// Its status code.
        status: u16,
        /// Its body.
        body: String,
    },
    /// The connection to the workload's Envoy gave no response.
    NoAnswer(TransportFailure),
    /// The request did not get as far as the workload's Envoy.
    NotSent {
        /// Who had to pass it on, such as `frontend's Envoy`.
        at: String,
        /// What came of it.
        reason: String,
    },
}

impl Observation {
    /// What the sender got, as the table shows it.
    #[must_use]
    pub fn got(&self) -> String {
        match &self.got {
            Got::Response { status, .. } => status.to_string(),
            Got::NoAnswer(failure) if failure.is_refusal_by_peer() => "no answer".to_owned(),
            Got::NoAnswer(failure) => format!("no answer: {failure}"),
            Got::NotSent { reason, .. } => format!("no answer: {reason}"),
        }
    }

    /// Whether this may have come of a process that is no longer there.
    #[must_use]
    pub fn hints_at_a_death(&self) -> bool {
        match &self.got {
            Got::Response { status, .. } => *status >= 500 || self.reached.is_err(),
            Got::NoAnswer(_) | Got::NotSent { .. } => true,
        }
    }

    /// Why, as the table shows it: the filter's cause and policy, or how the connection ended.
    #[must_use]
    pub fn cause(&self) -> String {
        let log = self.log.clone().unwrap_or_default();
        match (&self.got, log.cause, log.policy) {
            (Got::NotSent { at, .. }, ..) => format!("asked {at}"),
            (Got::NoAnswer(failure), ..) => log
                .handshake_failure
                .map_or_else(|| failure.to_string(), |reason| handshake_words(&reason)),
            (Got::Response { .. }, Some(cause), Some(policy)) if !policy.is_empty() => {
                format!("{cause} {policy}")
            }
            (Got::Response { .. }, Some(cause), _) => cause,
            (Got::Response { body, .. }, None, _) => log
                .response_code_details
                .unwrap_or_else(|| shortened(body.trim_end())),
        }
    }
}

/// Enough of a body to recognise it.
pub(crate) fn shortened(text: &str) -> String {
    const CHARACTERS: usize = 100;
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// The last part of BoringSSL's reason that says something, as in
/// `TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:certificate_has_expired:TLS_error_end`.
fn handshake_words(reason: &str) -> String {
    let mut parts = reason
        .rsplit(':')
        .filter(|part| !part.is_empty() && *part != "TLS_error_end");
    format!(
        "handshake: {}",
        parts
            .next()
            .unwrap_or(reason)
            .replace('_', " ")
            .trim()
            .to_lowercase()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport_failure::{FailureKind, Step};

    fn response(log: AccessLogLine) -> Observation {
        Observation {
            got: Got::Response {
                status: 403,
                body: String::new(),
            },
            reached: Ok(false),
            log: Some(log),
        }
    }

    fn no_answer(kind: FailureKind, log: Option<AccessLogLine>) -> Observation {
        Observation {
            got: Got::NoAnswer(TransportFailure {
                step: Step::Read,
                kind,
            }),
            reached: Ok(false),
            log,
        }
    }

    #[test]
    fn the_cause_of_a_response_is_the_filters() {
        let line = AccessLogLine {
            cause: Some("matched-deny".into()),
            ..AccessLogLine::default()
        };
        assert_eq!(response(line.clone()).cause(), "matched-deny");
        let line = AccessLogLine {
            policy: Some("shop/no-admin".into()),
            ..line
        };
        assert_eq!(response(line).cause(), "matched-deny shop/no-admin");
    }

    #[test]
    fn a_response_that_the_filter_did_not_decide_is_explained_by_envoy() {
        let details = Some("upstream_reset_before_response_started".to_owned());
        let line = AccessLogLine {
            response_code_details: details,
            ..AccessLogLine::default()
        };
        assert_eq!(response(line).cause(), "upstream_reset_before_response_started");
    }

    #[test]
    fn the_cause_of_a_failed_handshake_is_the_one_that_envoy_logged() {
        let reason = "TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:\
                      verify_cert_failed:_certificate_has_expired:TLS_error_end";
        let handshake_failure = Some(reason.to_owned());
        let line = AccessLogLine {
            handshake_failure,
            ..AccessLogLine::default()
        };
        let cause = no_answer(FailureKind::Reset, Some(line)).cause();
        assert_eq!(cause, "handshake: certificate has expired");
        assert_eq!(
            no_answer(FailureKind::Alert("unknown CA".into()), None).cause(),
            "TLS alert: unknown CA"
        );
    }

    #[test]
    fn only_a_refusal_by_the_peer_is_a_plain_no_answer() {
        assert_eq!(no_answer(FailureKind::Reset, None).got(), "no answer");
        assert_eq!(
            no_answer(FailureKind::Refused, None).got(),
            "no answer: connection refused"
        );
    }
}
