//! [`Answers`]: what became of one request on both sides.

use std::fmt;

/// What became of a request on one side.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It passed.
    Allowed,
    /// It was denied, with these response code details.
    Denied(String),
    /// Envoy answered it before any filter.
    Other(String),
    /// There was no answer.
    None(String),
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
            (Answer::Allowed, Answer::Allowed) => true,
            (Answer::Denied(filter), Answer::Denied(native)) => filter == native,
            (Answer::Allowed | Answer::Denied(_) | Answer::Other(_) | Answer::None(_), _) => false,
        }
    }

    /// Whether they did not, and both sides were asked.
    #[must_use]
    pub fn disagree(&self) -> bool {
        !self.agree() && self.turned_away_for().is_none()
    }

    /// How both sides turned the request away before any filter saw it, if they did.
    #[must_use]
    pub fn turned_away_for(&self) -> Option<&str> {
        match (&self.filter, &self.native) {
            (Answer::Other(filter), Answer::Other(native)) if filter == native => Some(native),
            // How a connection broke depends on who noticed first.
            (Answer::None(_), Answer::None(native)) => Some(native),
            (Answer::Allowed | Answer::Denied(_) | Answer::Other(_) | Answer::None(_), _) => None,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => formatter.write_str("allow"),
            Self::Denied(details) => write!(formatter, "deny, {details}"),
            Self::Other(what) | Self::None(what) => formatter.write_str(what),
        }
    }
}
