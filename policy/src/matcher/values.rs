//! [`Values`]: a field and its `not` form.

use crate::truth::Truth;

/// The values of one field and of its `not` form: one of the first, none of the second.
///
/// An empty side asks nothing. Both sides together are an AND (authorization semantics S-3).
#[derive(Clone, Debug)]
pub(crate) struct Values<M> {
    /// The request must match one of these, where there are any.
    pub(crate) any_of: Vec<M>,
    /// The request must match none of these.
    pub(crate) none_of: Vec<M>,
}

impl<M> Values<M> {
    /// Tests all values with `test`.
    pub(crate) fn judge(&self, test: impl Fn(&M) -> Truth) -> Truth {
        let wanted = if self.any_of.is_empty() {
            Truth::True
        } else {
            Truth::any(self.any_of.iter().map(&test))
        };
        wanted.and(Truth::any(self.none_of.iter().map(&test)).negate())
    }

    /// Whether the field is left out in both forms.
    pub(crate) fn is_empty(&self) -> bool {
        self.any_of.is_empty() && self.none_of.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn judge(any_of: &[Truth], none_of: &[Truth]) -> Truth {
        Values {
            any_of: any_of.to_vec(),
            none_of: none_of.to_vec(),
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
}
