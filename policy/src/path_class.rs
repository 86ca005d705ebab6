//! [`PathClass`]: the ways in which a path can be read in more than one way.

use std::ops::BitOrAssign;

/// A form in which one reader of a path may take it for another path than the next reader does. A path of no class has one
/// spelling only: two different ones never mean the same after their escapes are decoded.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PathClass {
    /// `//`, one of the two escaped or a backslash perhaps: a reader may merge them.
    RepeatedSlashes,
    /// A segment `.` or `..`, its dots escaped or not, with or without `;…` behind it: a reader may resolve it.
    DotSegments,
    /// `%2F`: a reader may take it for a slash.
    EncodedSlashes,
    /// `\`: a reader may take it for a slash.
    Backslashes,
    /// `%5C`: a reader may take it for a slash.
    EncodedBackslashes,
    /// `;`: a reader may drop it, with what follows up to the next slash.
    PathParameters,
    /// `%00` to `%1F` and `%7F`: a reader may end the path there, or drop the byte.
    EncodedControls,
    /// A raw byte of `0x80` and above, a raw control byte or a space, none of which may stand in a path.
    NonAscii,
    /// Another byte that may not stand in a path without being escaped (RFC 3986, section 3.3): `"`, `<`, `>`, `[`, `]`,
    /// `^`, `` ` ``, `{`, `|`, `}`.
    UnescapedCharacters,
    /// A `%` without two hexadecimal digits behind it.
    InvalidEscapes,
    /// An escape in what the escapes decode to, such as `%252F`: a reader may decode twice.
    DoubleEscapes,
    /// The escape of a byte that may stand in a segment as it is (RFC 3986, section 6.2.2.2).
    NeedlessEscapes,
    /// An escape with a digit in lower case (RFC 3986, section 6.2.2.1).
    LowerCaseEscapes,
    /// What is no UTF-8 once the escapes are decoded, overlong forms among it.
    InvalidUtf8,
}

impl PathClass {
    /// Every class.
    pub const ALL: [Self; 14] = [
        Self::RepeatedSlashes,
        Self::DotSegments,
        Self::EncodedSlashes,
        Self::Backslashes,
        Self::EncodedBackslashes,
        Self::PathParameters,
        Self::EncodedControls,
        Self::NonAscii,
        Self::UnescapedCharacters,
        Self::InvalidEscapes,
        Self::DoubleEscapes,
        Self::NeedlessEscapes,
        Self::LowerCaseEscapes,
        Self::InvalidUtf8,
    ];

    /// The name in configurations and audit lines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RepeatedSlashes => "repeated-slashes",
            Self::DotSegments => "dot-segments",
            Self::EncodedSlashes => "encoded-slashes",
            Self::Backslashes => "backslashes",
            Self::EncodedBackslashes => "encoded-backslashes",
            Self::PathParameters => "path-parameters",
            Self::EncodedControls => "encoded-controls",
            Self::NonAscii => "non-ascii",
            Self::UnescapedCharacters => "unescaped-characters",
            Self::InvalidEscapes => "invalid-escapes",
            Self::DoubleEscapes => "double-escapes",
            Self::NeedlessEscapes => "needless-escapes",
            Self::LowerCaseEscapes => "lower-case-escapes",
            Self::InvalidUtf8 => "invalid-utf8",
        }
    }

    /// The class of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    fn bit(self) -> u16 {
        match self {
            Self::RepeatedSlashes => 1,
            Self::DotSegments => 1 << 1,
            Self::EncodedSlashes => 1 << 2,
            Self::Backslashes => 1 << 3,
            Self::EncodedBackslashes => 1 << 4,
            Self::PathParameters => 1 << 5,
            Self::EncodedControls => 1 << 6,
            Self::NonAscii => 1 << 7,
            Self::UnescapedCharacters => 1 << 8,
            Self::InvalidEscapes => 1 << 9,
            Self::DoubleEscapes => 1 << 10,
            Self::NeedlessEscapes => 1 << 11,
            Self::LowerCaseEscapes => 1 << 12,
            Self::InvalidUtf8 => 1 << 13,
        }
    }
}

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct PathClasses(u16);

impl PathClasses {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// These without the others.
    pub(crate) fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = PathClass> {
        PathClass::ALL
            .into_iter()
            .filter(move |class| self.0 & class.bit() != 0)
    }
}

impl FromIterator<PathClass> for PathClasses {
    fn from_iter<I: IntoIterator<Item = PathClass>>(classes: I) -> Self {
        let mut set = Self::NONE;
        classes.into_iter().for_each(|class| set |= class);
        set
    }
}

impl BitOrAssign<PathClass> for PathClasses {
    fn bitor_assign(&mut self, class: PathClass) {
        self.0 |= class.bit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn every_class_has_a_name_of_its_own_that_leads_back_to_it() {
        for class in PathClass::ALL {
            assert_eq!(PathClass::from_name(class.name()), Some(class));
        }
        for name in ["", "dot_segments", "Dot-Segments", "dot-segments "] {
            assert_eq!(PathClass::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_set_has_the_classes_that_went_into_it_each_by_itself() {
        for class in PathClass::ALL {
            let set: PathClasses = [class, class].into_iter().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), [class]);
            assert!(set.without(set).is_empty());
        }
        let all: PathClasses = PathClass::ALL.into_iter().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), PathClass::ALL);
    }
}
