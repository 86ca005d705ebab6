//! Why a request got no response, by name.

use std::io;
use std::time::Duration;

use crate::http_response::MalformedResponse;

/// The step of a request in which it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Opening the TCP connection.
    Connect,
    /// The TLS handshake, as far as the sender sees it: with TLS 1.3 the other side judges the sender's
    /// certificate only after the sender has finished, so its refusal shows in the steps behind.
    Handshake,
    /// Writing the request.
    Write,
    /// Reading the response.
    Read,
}

impl std::fmt::Display for Step {
    /// The step as it stands behind what happened: `connection reset while connecting`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "while connecting",
            Self::Handshake => "in the TLS handshake",
            Self::Write => "while sending the request",
            Self::Read => "while waiting for the response",
        })
    }
}

/// No response, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}", kind.place(*step))]
pub struct TransportFailure {
    /// Where it failed.
    pub step: Step,
    /// How it failed.
    pub kind: FailureKind,
}

/// The kinds of transport failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailureKind {
    /// Nobody listens at the address.
    #[error("connection refused")]
    Refused,
    /// The other side aborted the connection.
    #[error("connection reset")]
    Reset,
    /// The other side closed the connection in order, before any byte of a response.
    #[error("connection closed")]
    Closed,
    /// The other side ended TLS with this alert, in the words of RFC 8446 section 6.
    #[error("TLS alert: {0}")]
    Alert(String),
    /// The certificate of the other side does not satisfy the sender.
    #[error("the peer's certificate is refused: {0}")]
    PeerCertificate(String),
    /// Another failure of TLS.
    #[error("TLS: {0}")]
    Tls(String),
    /// The step took too long.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// Bytes came that are no HTTP/1.1 response.
    #[error("{0}")]
    Malformed(#[from] MalformedResponse),
    /// More bytes came than a response may have.
    #[error("the response is longer than {0} bytes")]
    TooLong(usize),
    /// Another failure of the operating system.
    #[error("{0}")]
    Other(String),
}

impl FailureKind {
    /// The place in the message, for the kinds that do not already say it.
    fn place(&self, step: Step) -> String {
        match self {
            Self::Reset | Self::Closed | Self::TimedOut(_) | Self::Tls(_) | Self::Other(_) => {
                format!(" {step}")
            }
            Self::Refused
            | Self::Alert(_)
            | Self::PeerCertificate(_)
            | Self::Malformed(_)
            | Self::TooLong(_) => String::new(),
        }
    }
}

impl TransportFailure {
    /// Names an error of the operating system or of TLS (which tokio-rustls wraps in an [`io::Error`]).
    #[must_use]
    pub fn from_io(step: Step, error: &io::Error) -> Self {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let kind = tls.map_or_else(|| kind_of_io(error), kind_of_tls);
        Self { step, kind }
    }

    /// Whether the other side answered the attempt by ending the connection, rather than being absent, slow
    /// or wrong: how an Envoy refuses a connection whose TLS does not satisfy it.
    #[must_use]
    pub fn is_refusal_by_peer(&self) -> bool {
        match self.kind {
            FailureKind::Alert(_) | FailureKind::Reset | FailureKind::Closed => self.step != Step::Connect,
            FailureKind::Refused
            | FailureKind::PeerCertificate(_)
            | FailureKind::Tls(_)
            | FailureKind::TimedOut(_)
            | FailureKind::Malformed(_)
            | FailureKind::TooLong(_)
            | FailureKind::Other(_) => false,
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the standard library may add kinds of error"
)]
fn kind_of_io(error: &io::Error) -> FailureKind {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => FailureKind::Refused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            FailureKind::Reset
        }
        // rustls: the connection ended without a closing alert.
        io::ErrorKind::UnexpectedEof => FailureKind::Closed,
        _ => FailureKind::Other(error.to_string()),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "rustls may add kinds of error")]
fn kind_of_tls(error: &rustls::Error) -> FailureKind {
    match error {
        rustls::Error::AlertReceived(alert) => FailureKind::Alert(words(&format!("{alert:?}"))),
        rustls::Error::InvalidCertificate(reason) => FailureKind::PeerCertificate(certificate_words(reason)),
        other => FailureKind::Tls(other.to_string()),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "rustls may add kinds of error")]
fn certificate_words(reason: &rustls::CertificateError) -> String {
    match reason {
        rustls::CertificateError::Other(other) => other.0.to_string(),
        other => words(&format!("{other:?}")),
    }
}

/// `CertificateRequired` as `certificate required`, `UnknownCA` as `unknown CA`.
fn words(camel: &str) -> String {
    let mut text = String::new();
    let mut before_was_lower = false;
    for letter in camel.chars() {
        if letter.is_uppercase() && before_was_lower {
            text.push(' ');
        }
        before_was_lower = letter.is_lowercase();
        text.push(letter);
    }
    text.split(' ')
        .map(lower_unless_initials)
        .collect::<Vec<_>>()
        .join(" ")
}

fn lower_unless_initials(word: &str) -> String {
    if word.chars().count() > 1 && word.chars().all(char::is_uppercase) {
        word.to_owned()
    } else {
        word.to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::AlertDescription;

    fn named(step: Step, error: impl Into<io::Error>) -> String {
        TransportFailure::from_io(step, &error.into()).to_string()
    }

    #[test]
    fn each_kind_of_error_has_its_name() {
        let tls = |error: rustls::Error| io::Error::new(io::ErrorKind::InvalidData, error);
        let table = [
            (
                named(Step::Connect, io::ErrorKind::ConnectionRefused),
                "connection refused",
            ),
            (
                named(Step::Read, io::ErrorKind::ConnectionReset),
                "connection reset while waiting for the response",
            ),
            (
                named(Step::Write, io::ErrorKind::BrokenPipe),
                "connection reset while sending the request",
            ),
            (
                named(Step::Handshake, io::ErrorKind::UnexpectedEof),
                "connection closed in the TLS handshake",
            ),
            (
                named(
                    Step::Read,
                    tls(rustls::Error::AlertReceived(
                        AlertDescription::CertificateRequired,
                    )),
                ),
                "TLS alert: certificate required",
            ),
            (
                named(
                    Step::Read,
                    tls(rustls::Error::AlertReceived(AlertDescription::UnknownCA)),
                ),
                "TLS alert: unknown CA",
            ),
            (
                named(
                    Step::Handshake,
                    tls(rustls::Error::InvalidCertificate(
                        rustls::CertificateError::Expired,
                    )),
                ),
                "the peer's certificate is refused: expired",
            ),
        ];
        for (got, expected) in table {
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn only_an_ended_connection_is_a_refusal_by_the_peer() {
        let failure = |step, kind| TransportFailure { step, kind };
        assert!(failure(Step::Read, FailureKind::Alert("unknown CA".into())).is_refusal_by_peer());
        assert!(failure(Step::Handshake, FailureKind::Reset).is_refusal_by_peer());
        assert!(failure(Step::Read, FailureKind::Closed).is_refusal_by_peer());
        assert!(!failure(Step::Connect, FailureKind::Reset).is_refusal_by_peer());
        assert!(!failure(Step::Connect, FailureKind::Refused).is_refusal_by_peer());
        assert!(!failure(Step::Read, FailureKind::TimedOut(Duration::from_secs(5))).is_refusal_by_peer());
    }
}
