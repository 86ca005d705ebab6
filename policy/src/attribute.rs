//! [`Attribute`]: what the host said about one property of a request.

use crate::truth::Truth;

/// One attribute of a request, as far as the host could tell it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Attribute<T> {
    /// The host gave this value.
    Known(T),
    /// The host says that the request has no such attribute.
    Absent,
    /// The host failed to say, or what it said does not parse.
    Unreadable,
}

impl<T> Attribute<T> {
    /// Tests the value: an absent attribute matches nothing, an unreadable one cannot be told.
    pub fn test(&self, matches: impl FnOnce(&T) -> bool) -> Truth {
        self.judge(|value| matches(value).into())
    }

    /// As [`Attribute::test`], where even the known value may leave it open.
    pub(crate) fn judge(&self, judge: impl FnOnce(&T) -> Truth) -> Truth {
        match self {
            Self::Known(value) => judge(value),
            Self::Absent => Truth::False,
            Self::Unreadable => Truth::Unknown,
        }
    }

    /// The known value changed by `change`; the other cases stay as they are.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Attribute<U> {
        match self {
            Self::Known(value) => Attribute::Known(change(value)),
            Self::Absent => Attribute::Absent,
            Self::Unreadable => Attribute::Unreadable,
        }
    }

    /// The known value, if there is one.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreadable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn an_absent_attribute_tests_false_and_an_unreadable_one_unknown() {
        assert_eq!(Attribute::Known(1).test(|value| *value == 1), Truth::True);
        assert_eq!(Attribute::Known(1).test(|value| *value == 2), Truth::False);
        assert_eq!(Attribute::<u8>::Absent.test(|_| true), Truth::False);
        assert_eq!(Attribute::<u8>::Unreadable.test(|_| true), Truth::Unknown);
    }
}
