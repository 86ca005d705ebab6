//! [`Answer`]: what a client sees of its request.

use std::collections::BTreeMap;
use std::fmt;

/// What a client sees of a request.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Answer {
    /// A status.
    Status(u16),
    /// The bytes it sent, from the application.
    Echo,
    /// The connection was closed, or reset, without an answer.
    Closed,
    /// Nobody listens.
    Refused,
}

/// How often each answer was seen.
pub type Answers = BTreeMap<Answer, usize>;

impl Answer {
    /// Whether the application answered.
    #[must_use]
    pub fn is_of_the_application(self) -> bool {
        matches!(self, Self::Status(200) | Self::Echo)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Echo => f.write_str("an answer"),
            Self::Closed => f.write_str("closed"),
            Self::Refused => f.write_str("refused"),
        }
    }
}
