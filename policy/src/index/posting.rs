//! [`Posting`]: what a key leads to.

/// Four bytes: a rule, a list of rules, a node, or nothing.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Posting(u32);

/// What a posting says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Posted {
    Nothing,
    /// One rule, by its number.
    Rule(u32),
    /// The list of rules that begins here.
    List(u32),
    /// Rules that are filed once more among themselves.
    Node(u32),
}

/// The numbers that fit beside what they are of.
const NUMBERS: u32 = (1 << 30) - 1;
const LIST: u32 = 1 << 30;
const NODE: u32 = 2 << 30;

impl Posting {
    pub(super) const NONE: Self = Self(u32::MAX);
    /// What stands behind a key that only has to be there.
    pub(super) const MARK: Self = Self(u32::MAX - 1);

    /// No set has as many rules as do not fit: each takes more than four bytes.
    pub(super) fn rule(number: u32) -> Self {
        Self(number & NUMBERS)
    }

    pub(super) fn list(start: u32) -> Self {
        Self(start & NUMBERS | LIST)
    }

    pub(super) fn node(number: u32) -> Self {
        Self(number & NUMBERS | NODE)
    }

    /// The number of the rule, if it is one.
    pub(super) fn as_rule(self) -> Option<u32> {
        match self.read() {
            Posted::Rule(number) => Some(number),
            Posted::Nothing | Posted::List(_) | Posted::Node(_) => None,
        }
    }

    pub(super) fn read(self) -> Posted {
        let number = self.0 & NUMBERS;
        match self.0 & !NUMBERS {
            0 => Posted::Rule(number),
            LIST => Posted::List(number),
            NODE => Posted::Node(number),
            _ => Posted::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_posting_says_what_was_put_in() {
        for number in [0, 1, 100_000, NUMBERS] {
            assert_eq!(Posting::rule(number).read(), Posted::Rule(number));
            assert_eq!(Posting::list(number).read(), Posted::List(number));
            assert_eq!(Posting::node(number).read(), Posted::Node(number));
        }
        assert_eq!(Posting::NONE.read(), Posted::Nothing);
    }
}
