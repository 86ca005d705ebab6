//! [`Truth`]: three-valued logic, so that what cannot be read is never taken for a no.

/// The result of testing a request against a condition.
///
/// `Unknown` says that an attribute could not be read: an ALLOW rule applies on `True` only, a DENY rule on
/// `True` or `Unknown`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Truth {
    /// The condition holds.
    True,
    /// The condition does not hold.
    False,
    /// It cannot be told whether the condition holds.
    Unknown,
}

impl Truth {
    /// Kleene's conjunction: `False` wins, then `Unknown`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        }
    }

    /// Kleene's disjunction: `True` wins, then `Unknown`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.negate().and(other.negate()).negate()
    }

    /// The negation; what is unknown stays unknown.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// The conjunction of all; `True` for none. Stops at the first `False`.
    #[must_use]
    pub fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::True;
        for truth in truths {
            result = result.and(truth);
            if result == Self::False {
                break;
            }
        }
        result
    }

    /// The disjunction of all; `False` for none. Stops at the first `True`.
    #[must_use]
    pub fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::False;
        for truth in truths {
            result = result.or(truth);
            if result == Self::True {
                break;
            }
        }
        result
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn conjunction_follows_kleene() {
        let table = [
            (True, True, True),
            (True, False, False),
            (True, Unknown, Unknown),
            (False, False, False),
            (False, Unknown, False),
            (Unknown, Unknown, Unknown),
        ];
        for (left, right, expected) in table {
            assert_eq!(left.and(right), expected, "{left:?} and {right:?}");
            assert_eq!(right.and(left), expected, "{right:?} and {left:?}");
        }
    }

    #[test]
    fn disjunction_follows_kleene() {
        let table = [
            (True, True, True),
            (True, False, True),
            (True, Unknown, True),
            (False, False, False),
            (False, Unknown, Unknown),
            (Unknown, Unknown, Unknown),
        ];
        for (left, right, expected) in table {
            assert_eq!(left.or(right), expected, "{left:?} or {right:?}");
            assert_eq!(right.or(left), expected, "{right:?} or {left:?}");
        }
    }

    #[test]
    fn negation_keeps_the_unknown() {
        assert_eq!(Unknown.negate(), Unknown);
        assert_eq!(True.negate(), False);
    }

    #[test]
    fn all_of_nothing_holds_and_any_of_nothing_does_not() {
        assert_eq!(Truth::all([]), True);
        assert_eq!(Truth::any([]), False);
    }
}
