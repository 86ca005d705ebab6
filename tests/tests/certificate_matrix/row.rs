//! [`Row`]: a certificate, and what comes of it under either validator.

use std::fmt;

use crate::leaf::Leaf;

/// One certificate of the matrix.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) leaf: Leaf,
    pub(crate) default_validator: Outcome,
    pub(crate) spiffe_validator: Outcome,
}

/// What comes of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// 200, and the request reached the application.
    Allowed,
    /// 403 for this cause, and nothing reached the application.
    Denied(String),
    /// Envoy ended the handshake for a reason with these words in it.
    Refused(String),
}

pub(crate) fn row(
    name: &'static str,
    leaf: Leaf,
    default_validator: Outcome,
    spiffe_validator: Outcome,
) -> Row {
    Row {
        name,
        leaf,
        default_validator,
        spiffe_validator,
    }
}

/// The same under both.
pub(crate) fn both(name: &'static str, leaf: Leaf, outcome: Outcome) -> Row {
    row(name, leaf, outcome.clone(), outcome)
}

pub(crate) fn denied(cause: &str) -> Outcome {
    Outcome::Denied(cause.to_owned())
}

pub(crate) fn refused(reason: &str) -> Outcome {
    Outcome::Refused(reason.to_owned())
}

impl Outcome {
    /// Whether `found` is this: a reason is found in many words.
    pub(crate) fn covers(&self, found: &Self) -> bool {
        match (self, found) {
            (Self::Refused(words), Self::Refused(reason)) => reason.contains(words.as_str()),
            _ => self == found,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => formatter.write_str("allowed"),
            Self::Denied(cause) => write!(formatter, "denied: {cause}"),
            Self::Refused(reason) => write!(formatter, "no handshake: {reason}"),
        }
    }
}
