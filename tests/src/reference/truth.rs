//! [`Truth`]: section 0, "Unknown is neither true nor false".

/// Whether something holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Truth {
    True,
    False,
    Unknown,
}

/// A truth, or why a document cannot be read.
pub(super) type Answer = Result<Truth, String>;

impl Truth {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    /// "`not` keeps it."
    pub(super) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// "ALLOW applies on true only."
    pub(super) fn is_true(self) -> bool {
        self == Self::True
    }

    /// "DENY on true or unknown."
    pub(super) fn is_not_false(self) -> bool {
        self != Self::False
    }
}

/// AND: false if one is false, else unknown if one is unknown. Asks no more than it needs.
pub(super) fn all(parts: impl IntoIterator<Item = Answer>) -> Answer {
    let mut found = Truth::True;
    for part in parts {
        match part? {
            Truth::False => return Ok(Truth::False),
            Truth::Unknown => found = Truth::Unknown,
            Truth::True => {}
        }
    }
    Ok(found)
}

/// OR: true if one is true, else unknown if one is unknown. Asks no more than it needs.
pub(super) fn any(parts: impl IntoIterator<Item = Answer>) -> Answer {
    let mut found = Truth::False;
    for part in parts {
        match part? {
            Truth::True => return Ok(Truth::True),
            Truth::Unknown => found = Truth::Unknown,
            Truth::False => {}
        }
    }
    Ok(found)
}
