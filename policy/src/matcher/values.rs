//! [`Values`]: a field and its `not` form.

use crate::attribute::Attribute;
use crate::profile::Profile;
use crate::truth::Truth;

/// The values of one field and of its `not` form: one of the first, none of the second.
///
/// An empty side asks nothing. Both sides together are an AND (authorization semantics S-3).
#[derive(Clone, Debug)]
pub(crate) struct Values<M> {
    /// The request must match one of these, where there are any.
    pub(crate) any_of: Box<[M]>,
    /// The request must match none of these.
    pub(crate) none_of: Box<[M]>,
}

impl<M> Values<M> {
    /// Tests all values with `test`.
    pub(crate) fn judge(&self, test: impl Fn(&M) -> Truth) -> Truth {
        self.judge_sides(|side| Truth::any(side.iter().map(&test)))
    }

    /// Tests an attribute of one value.
    pub(crate) fn test<T>(&self, attribute: &Attribute<T>, matches: impl Fn(&M, &T) -> bool) -> Truth {
        self.judge(|value| attribute.test(|known| matches(value, known)))
    }

    /// Tests an attribute that may be given more than once; each of its values is compared alone.
    pub(crate) fn test_repeated<T>(
        &self,
        attribute: &Attribute<impl Iterator<Item = T> + Clone>,
        repeated: Repeated,
        matches: impl Fn(&M, &T) -> bool,
    ) -> Truth {
        self.judge_sides(|side| {
            attribute.judge(|given| {
                let hits = given
                    .clone()
                    .map(|given| side.iter().any(|value| matches(value, &given)));
                repeated.judge(hits)
            })
        })
    }

    /// One of the first side, none of the second, each as `judge_side` has it.
    fn judge_sides(&self, judge_side: impl Fn(&[M]) -> Truth) -> Truth {
        let wanted = if self.any_of.is_empty() {
            Truth::True
        } else {
            judge_side(&self.any_of)
        };
        if self.none_of.is_empty() || wanted == Truth::False {
            return wanted;
        }
        wanted.and(judge_side(&self.none_of).negate())
    }

    /// Whether the field is left out in both forms.
    pub(crate) fn is_empty(&self) -> bool {
        self.any_of.is_empty() && self.none_of.is_empty()
    }
}

/// What it means that an attribute is given more than once (section 0).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Repeated {
    /// One of the values that are given decides (profile istio).
    AnyOne,
    /// If some of the values that are given match and some do not, it cannot be told which one the application
    /// goes by (profile zero-trust): no ALLOW holds, every DENY does.
    AllAlike,
}

impl Repeated {
    pub(crate) fn of(profile: Profile) -> Self {
        match profile {
            Profile::Istio => Self::AnyOne,
            Profile::ZeroTrust => Self::AllAlike,
        }
    }

    /// The truth of all from whether each matches; without any it is false.
    pub(crate) fn judge(self, hits: impl IntoIterator<Item = bool>) -> Truth {
        let (mut hit, mut missed) = (false, false);
        for matches in hits {
            hit |= matches;
            missed |= !matches;
        }
        match (self, hit, missed) {
            (_, false, _) => Truth::False,
            (Self::AnyOne, true, _) | (Self::AllAlike, true, false) => Truth::True,
            (Self::AllAlike, true, true) => Truth::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn judge(any_of: &[Truth], none_of: &[Truth]) -> Truth {
        Values {
            any_of: any_of.into(),
            none_of: none_of.into(),
        }
        .judge(|truth| *truth)
    }

    #[test]
    fn one_of_the_values_and_none_of_the_not_values() {
        use Truth::{False, True, Unknown};
        assert_eq!(judge(&[], &[]), True);
        assert_eq!(judge(&[False, True], &[]), True);
        assert_eq!(judge(&[False, False], &[]), False);
        assert_eq!(judge(&[True], &[True]), False);
        assert_eq!(judge(&[True], &[False]), True);
        assert_eq!(judge(&[], &[False]), True);
        assert_eq!(judge(&[], &[Unknown]), Unknown);
        assert_eq!(judge(&[False], &[Unknown]), False);
        assert_eq!(judge(&[Unknown], &[False]), Unknown);
    }

    /// The truth of `any_of` and of `none_of` for values that are given.
    fn repeated(values: &[u8], given: &[u8], repeated: Repeated) -> (Truth, Truth) {
        let judge = |any_of: &[u8], none_of: &[u8]| {
            let values = Values {
                any_of: any_of.into(),
                none_of: none_of.into(),
            };
            let given = Attribute::Known(given.iter());
            values.test_repeated(&given, repeated, |value, given| value == *given)
        };
        (judge(values, &[]), judge(&[], values))
    }

    #[test]
    fn a_repeated_attribute_is_compared_value_by_value() {
        use Truth::{False, True, Unknown};
        type Row = (&'static [u8], &'static [u8], (Truth, Truth), (Truth, Truth));
        let table: [Row; 5] = [
            (&[1], &[1], (True, False), (True, False)),
            (&[1], &[2], (False, True), (False, True)),
            (&[1], &[1, 2], (True, False), (Unknown, Unknown)),
            (&[1, 2], &[1, 2], (True, False), (True, False)),
            (&[1, 2], &[3, 4], (False, True), (False, True)),
        ];
        for (values, given, any_one, all_alike) in table {
            assert_eq!(
                repeated(values, given, Repeated::AnyOne),
                any_one,
                "{values:?} {given:?}"
            );
            assert_eq!(
                repeated(values, given, Repeated::AllAlike),
                all_alike,
                "{values:?} {given:?}"
            );
        }
    }
}
