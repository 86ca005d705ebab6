//! [`Answers`]: what became of one request on both sides.

use std::fmt;

/// What became of a request on one side.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It passed.
    Allowed,
    /// It was denied, with these response code details.
    Denied(String),
    /// Envoy answered it before any filter, or there was no answer.
    Other(String),
}

/// The answers of both sides.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answers {
    /// That of the filter.
    pub filter: Answer,
    /// That of native RBAC.
    pub native: Answer,
}

/// What a route that answers by itself says.
const PASSED: (u16, &str) = (200, "direct_response");
const FORBIDDEN: u16 = 403;

impl Answer {
    pub(super) fn of(status: u16, details: &str) -> Self {
        match (status, details) {
            PASSED => Self::Allowed,
            (FORBIDDEN, _) => Self::Denied(details.to_owned()),
            _ => Self::Other(format!("status {status}, {details}")),
        }
    }
}

impl Answers {
    /// Whether both sides came to the same verdict.
    #[must_use]
    pub fn agree(&self) -> bool {
        match (&self.filter, &self.native) {
            (Answer::Other(_), _) | (_, Answer::Other(_)) => false,
            (filter, native) => filter == native,
        }
    }

    /// Whether Envoy turned the request away on both sides before any filter saw it: nothing is to be learned.
    #[must_use]
    pub fn came_to_no_filter(&self) -> bool {
        matches!((&self.filter, &self.native), (Answer::Other(filter), Answer::Other(native)) if filter == native)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => formatter.write_str("allow"),
            Self::Denied(details) => write!(formatter, "deny, {details}"),
            Self::Other(what) => formatter.write_str(what),
        }
    }
}
