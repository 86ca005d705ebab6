//! In which classes of doubtful forms a path is: one pass over its bytes, nothing allocated.

use crate::path_class::{PathClass, PathClasses};

/// The classes of a path without query and fragment.
pub(crate) fn classes_of(path: &[u8]) -> PathClasses {
    if is_ordinary(path) {
        return PathClasses::NONE;
    }
    scan(path)
}

/// Whether a path is of no class at first sight: bytes that may stand in a segment and no parameters, no slash behind a
/// slash, and no segment that begins with a dot. So are most, and telling it takes a tenth of the [`scan`].
fn is_ordinary(path: &[u8]) -> bool {
    let mut after_slash = true;
    path.strip_prefix(b"/").unwrap_or(path).iter().all(|byte| {
        let begins_oddly = after_slash && matches!(byte, b'/' | b'.');
        after_slash = *byte == b'/';
        IS_ORDINARY.get(usize::from(*byte)).is_some_and(|is| *is) && !begins_oddly
    })
}

/// Of each byte, whether it says nothing about the class of a path.
#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "computed by the compiler, which would refuse a place outside of the table"
)]
const IS_ORDINARY: [bool; 256] = {
    let mut table = [false; 256];
    let ordinary = b"/-._~!$&'()*+,=:@0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut rest = ordinary.as_slice();
    while let [byte, others @ ..] = rest {
        table[*byte as usize] = true;
        rest = others;
    }
    table
};

fn scan(path: &[u8]) -> PathClasses {
    let mut scan = Scan::default();
    let mut rest = path;
    while let Some((unit, after)) = Unit::first(rest) {
        scan.take(unit);
        rest = after;
    }
    scan.finish()
}

/// One byte of a path, as it reads once escapes are decoded, and how it is written.
#[derive(Clone, Copy)]
struct Unit {
    byte: u8,
    written: Written,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Written {
    AsItIs,
    /// As an escape with digits and upper-case letters.
    Escaped,
    /// As an escape with a lower-case letter.
    EscapedInLowerCase,
}

impl Unit {
    /// The first byte of a path and what is behind it. A `%` that begins no escape is a byte as any other.
    fn first(path: &[u8]) -> Option<(Self, &[u8])> {
        if let [b'%', high, low, rest @ ..] = path
            && let (Some(high_value), Some(low_value)) = (hex(*high), hex(*low))
        {
            let written = if high.is_ascii_lowercase() || low.is_ascii_lowercase() {
                Written::EscapedInLowerCase
            } else {
                Written::Escaped
            };
            let byte = high_value << 4 | low_value;
            return Some((Self { byte, written }, rest));
        }
        let (byte, rest) = path.split_first()?;
        let written = Written::AsItIs;
        Some((Self { byte: *byte, written }, rest))
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => digit.checked_sub(b'0'),
        b'a'..=b'f' => digit.checked_sub(b'a' - 10),
        b'A'..=b'F' => digit.checked_sub(b'A' - 10),
        _ => None,
    }
}

/// What is known of a path up to some byte.
#[derive(Default)]
struct Scan {
    found: PathClasses,
    segment: Segment,
    after_slash: bool,
    double: DoubleEscape,
    utf8: Utf8,
}

impl Scan {
    fn take(&mut self, unit: Unit) {
        match unit.written {
            Written::AsItIs => self.take_raw(unit.byte),
            Written::Escaped => self.take_escape(unit.byte),
            Written::EscapedInLowerCase => {
                self.found |= PathClass::LowerCaseEscapes;
                self.take_escape(unit.byte);
            }
        }
        self.take_slash(unit.byte);
        if self.segment.ends_in_dots_before(unit.byte) {
            self.found |= PathClass::DotSegments;
        }
        self.segment = self.segment.with(unit.byte);
        if self.double.completed_by(unit.byte) {
            self.found |= PathClass::DoubleEscapes;
        }
        if !self.utf8.accepts(unit.byte) {
            self.found |= PathClass::InvalidUtf8;
        }
    }

    fn take_raw(&mut self, byte: u8) {
        match byte {
            b'/' => {}
            b';' => self.found |= PathClass::PathParameters,
            b'\\' => self.found |= PathClass::Backslashes,
            b'%' => self.found |= PathClass::InvalidEscapes,
            0..=b' ' | 0x7f.. => self.found |= PathClass::NonAscii,
            _ if stands_unescaped(byte) => {}
            _ => self.found |= PathClass::UnescapedCharacters,
        }
    }

    fn take_escape(&mut self, byte: u8) {
        match byte {
            b'/' => self.found |= PathClass::EncodedSlashes,
            b'\\' => self.found |= PathClass::EncodedBackslashes,
            0..=0x1f | 0x7f => self.found |= PathClass::EncodedControls,
            _ if stands_unescaped(byte) => self.found |= PathClass::NeedlessEscapes,
            _ => {}
        }
    }

    fn take_slash(&mut self, byte: u8) {
        let is_slash = is_slash(byte);
        if is_slash && self.after_slash {
            self.found |= PathClass::RepeatedSlashes;
        }
        self.after_slash = is_slash;
    }

    /// The end of the path ends its last segment and its last character.
    fn finish(mut self) -> PathClasses {
        if self.segment.ends_in_dots_before(b'/') {
            self.found |= PathClass::DotSegments;
        }
        if self.utf8.is_within_a_character() {
            self.found |= PathClass::InvalidUtf8;
        }
        self.found
    }
}

/// Whether a reader may take a byte, once decoded, for the end of a segment.
fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// Whether a byte may stand in a segment as it is: `pchar` of RFC 3986 without escapes.
fn stands_unescaped(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

/// What a segment is so far. Its escapes count as decoded, and what a reader may take for a slash ends it: a class that is
/// allowed does not bring dot segments with it.
#[derive(Clone, Copy, Default)]
enum Segment {
    #[default]
    Empty,
    OneDot,
    TwoDots,
    Other,
}

impl Segment {
    fn with(self, byte: u8) -> Self {
        match self {
            _ if is_slash(byte) => Self::Empty,
            Self::Empty if byte == b'.' => Self::OneDot,
            Self::OneDot if byte == b'.' => Self::TwoDots,
            Self::Empty | Self::OneDot | Self::TwoDots | Self::Other => Self::Other,
        }
    }

    /// Whether it is all dots and the byte ends it, or begins its parameters.
    fn ends_in_dots_before(self, byte: u8) -> bool {
        match self {
            Self::OneDot | Self::TwoDots => is_slash(byte) || byte == b';',
            Self::Empty | Self::Other => false,
        }
    }
}

/// Whether what the path decodes to has an escape in it: a `%` with two digits behind it. The `%`, a digit or all three are
/// escaped, or they would be an escape themselves.
#[derive(Default)]
enum DoubleEscape {
    #[default]
    None,
    Percent,
    OneDigit,
}

impl DoubleEscape {
    fn completed_by(&mut self, byte: u8) -> bool {
        let is_digit = byte.is_ascii_hexdigit();
        let is_complete = is_digit && matches!(self, Self::OneDigit);
        *self = match self {
            Self::Percent if is_digit => Self::OneDigit,
            Self::None | Self::Percent | Self::OneDigit if byte == b'%' => Self::Percent,
            Self::None | Self::Percent | Self::OneDigit => Self::None,
        };
        is_complete
    }
}

/// Where in a character of UTF-8 the path is (RFC 3629, section 4).
#[derive(Default)]
struct Utf8 {
    /// How many bytes the character still needs.
    needed: u8,
    /// Its first byte while the second is awaited, which some of them bound more closely, against overlong forms,
    /// surrogates and what is above `U+10FFFF`; then 0.
    lead: u8,
}

impl Utf8 {
    fn accepts(&mut self, byte: u8) -> bool {
        match self.needed {
            0 => self.begins(byte),
            needed => {
                let fits = second_byte_range(self.lead).contains(&byte);
                self.needed = if fits { needed.saturating_sub(1) } else { 0 };
                self.lead = 0;
                fits
            }
        }
    }

    fn begins(&mut self, byte: u8) -> bool {
        self.lead = byte;
        self.needed = match byte {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => 0,
        };
        self.needed > 0 || byte.is_ascii()
    }

    fn is_within_a_character(&self) -> bool {
        self.needed > 0
    }
}

fn second_byte_range(lead: u8) -> core::ops::RangeInclusive<u8> {
    match lead {
        0xe0 => 0xa0..=0xbf,
        0xed => 0x80..=0x9f,
        0xf0 => 0x90..=0xbf,
        0xf4 => 0x80..=0x8f,
        _ => 0x80..=0xbf,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The names of the classes, in their order, with blanks between them.
    fn names(path: &[u8]) -> String {
        let names: Vec<_> = classes_of(path).iter().map(PathClass::name).collect();
        names.join(" ")
    }

    fn check(table: &[(&str, &str)]) {
        for (path, expected) in table {
            assert_eq!(names(path.as_bytes()), *expected, "{path}");
        }
    }

    #[test]
    fn a_plain_path_is_of_no_class() {
        let table = [
            "",
            "/",
            "*",
            "/a/b/",
            "/a.b/..c/c../.d/.../...",
            "/a-b_c~d!$&'()*+,=:@0Z",
            "/%20%22%23%25%3C%3E%3F%5B%5D%5E%60%7B%7C%7D",
            "/caf%C3%A9/%E2%82%AC/%F0%9F%98%80",
            "/100%25",
            "/%25zz/%25a",
        ];
        for path in table {
            assert_eq!(names(path.as_bytes()), "", "{path}");
        }
    }

    /// Every text of up to six of the bytes that decide whether a path is ordinary, and one of each other kind.
    #[test]
    fn what_is_ordinary_at_first_sight_is_of_no_class() {
        let alphabet = b"/.a;%2\\\xff\"F";
        let mut texts = vec![Vec::new()];
        for _ in 0..6 {
            let longer = |text: &Vec<u8>| alphabet.map(|byte| [text.as_slice(), &[byte]].concat());
            texts = texts.iter().flat_map(longer).collect();
            for text in texts.iter().filter(|text| is_ordinary(text)) {
                assert_eq!(scan(text), PathClasses::NONE, "{}", text.escape_ascii());
            }
            texts.retain(|text| text.len() < 4 || is_ordinary(text));
        }
    }

    #[test]
    fn every_byte_that_is_ordinary_may_stand_in_a_path() {
        for byte in 0..=u8::MAX {
            let path = [b'/', b'a', byte];
            assert!(
                !is_ordinary(&path) || scan(&path) == PathClasses::NONE,
                "{byte:#x}"
            );
        }
        assert!(is_ordinary(b"/api/v1/resource-000001.json") && is_ordinary(b"/") && is_ordinary(b"*"));
    }

    #[test]
    fn slashes_are_looked_for_in_every_spelling() {
        check(&[
            ("//", "repeated-slashes"),
            ("/a//b", "repeated-slashes"),
            ("/a//", "repeated-slashes"),
            ("/a%2Fb", "encoded-slashes"),
            ("/a%2fb", "encoded-slashes lower-case-escapes"),
            ("/a/%2Fb", "repeated-slashes encoded-slashes"),
            (r"/a\b", "backslashes"),
            (r"/\b", "repeated-slashes backslashes"),
            ("/a%5Cb", "encoded-backslashes"),
            ("/a%5cb", "encoded-backslashes lower-case-escapes"),
            ("/a%5C/b", "repeated-slashes encoded-backslashes"),
            ("http://a/b", "repeated-slashes"),
        ]);
    }

    #[test]
    fn dot_segments_are_looked_for_in_every_spelling() {
        check(&[
            ("/.", "dot-segments"),
            ("/..", "dot-segments"),
            ("..", "dot-segments"),
            ("/a/../b", "dot-segments"),
            ("/a/./b", "dot-segments"),
            ("/a/%2E%2E/b", "dot-segments needless-escapes"),
            ("/a/.%2e/b", "dot-segments needless-escapes lower-case-escapes"),
            ("/a/%2e", "dot-segments needless-escapes lower-case-escapes"),
            ("/a/..;/b", "dot-segments path-parameters"),
            ("/a/.;x=1", "dot-segments path-parameters"),
            ("/a/..%3Bx/b", "dot-segments needless-escapes"),
            ("/a/..%2Fb", "dot-segments encoded-slashes"),
            (r"/a/..\b", "dot-segments backslashes"),
            (r"/a\..", "dot-segments backslashes"),
            ("/a%5C.%5Cb", "dot-segments encoded-backslashes"),
            ("/a/%252E%252E/b", "double-escapes"),
            ("/a/x..;/b/...", "path-parameters"),
        ]);
    }

    #[test]
    fn escapes_are_looked_at_one_by_one() {
        check(&[
            ("/%", "invalid-escapes"),
            ("/%4", "invalid-escapes"),
            ("/%zz", "invalid-escapes"),
            ("/%4g", "invalid-escapes"),
            ("/%%41", "invalid-escapes needless-escapes"),
            ("/%%32%66", "invalid-escapes double-escapes needless-escapes"),
            ("/%u002f", "invalid-escapes"),
            ("/%00", "encoded-controls"),
            ("/%1F%7F", "encoded-controls"),
            ("/%0d", "encoded-controls lower-case-escapes"),
            ("/%41", "needless-escapes"),
            ("/%7E%3B", "needless-escapes"),
            ("/%2541", "double-escapes"),
            ("/%25zz%2541", "double-escapes"),
            ("/%2525", "double-escapes"),
            ("/%252525", "double-escapes"),
            ("/%25%32%65", "double-escapes needless-escapes"),
            ("/%252%66", "double-escapes needless-escapes"),
            ("/%25%2541", "double-escapes"),
            ("/%%34%31", "invalid-escapes double-escapes needless-escapes"),
            ("/%25%25", ""),
            ("/caf%c3%a9", "lower-case-escapes"),
            ("/caf%c3%A9", "lower-case-escapes"),
        ]);
    }

    #[test]
    fn what_may_not_stand_unescaped_is_looked_for() {
        check(&[
            ("/a b", "non-ascii"),
            ("/a\tb", "non-ascii"),
            ("/a\x7f", "non-ascii"),
            ("/caf\u{e9}", "non-ascii"),
            ("/{a}", "unescaped-characters"),
            ("/a|b", "unescaped-characters"),
            ("/a;b", "path-parameters"),
        ]);
    }

    #[test]
    fn escapes_and_raw_bytes_together_must_be_utf8() {
        let table: [(&[u8], &str); 17] = [
            (b"/%FF", "invalid-utf8"),
            (b"/%80", "invalid-utf8"),
            (b"/%C3", "invalid-utf8"),
            (b"/%C3/%A9", "invalid-utf8"),
            (b"/%C3a", "invalid-utf8"),
            (b"/%C0%AF", "invalid-utf8"),
            (b"/%c0%ae%c0%ae/admin", "lower-case-escapes invalid-utf8"),
            (b"/%E0%80%AF", "invalid-utf8"),
            (b"/%E0%9F%BF", "invalid-utf8"),
            (b"/%ED%A0%80", "invalid-utf8"),
            (b"/%F0%8F%BF%BF", "invalid-utf8"),
            (b"/%F4%90%80%80", "invalid-utf8"),
            (b"/%F5%80%80%80", "invalid-utf8"),
            (b"/%E2%82", "invalid-utf8"),
            (b"/\xff", "non-ascii invalid-utf8"),
            (b"/\xc3%A9", "non-ascii"),
            (
                b"/%ED%9F%BF%EE%80%80%F4%8F%BF%BF%F0%90%80%80%E0%A0%80%DF%BF%C2%80",
                "",
            ),
        ];
        for (path, expected) in table {
            assert_eq!(names(path), expected, "{}", path.escape_ascii());
        }
    }

    #[test]
    fn every_byte_unescaped_is_of_the_class_that_it_belongs_to() {
        for byte in 0..=u8::MAX {
            let expected = match byte {
                b'/' => "repeated-slashes",
                b'.' => "dot-segments",
                b'\\' => "repeated-slashes backslashes",
                b';' => "path-parameters",
                b'%' => "invalid-escapes",
                0x80.. => "non-ascii invalid-utf8",
                0..=b' ' | 0x7f => "non-ascii",
                b'"' | b'<' | b'>' | b'[' | b']' | b'^' | b'`' | b'{' | b'|' | b'}' => "unescaped-characters",
                // They end a path, and never get here.
                b'?' | b'#' => "unescaped-characters",
                _ => "",
            };
            assert_eq!(names(&[b'/', byte]), expected, "{byte:#04x}");
        }
    }

    #[test]
    fn every_byte_escaped_is_of_the_class_that_it_belongs_to() {
        for byte in 0..=u8::MAX {
            let expected = match byte {
                b'/' => "repeated-slashes encoded-slashes",
                b'.' => "dot-segments needless-escapes",
                b'\\' => "repeated-slashes encoded-backslashes",
                0..=0x1f | 0x7f => "encoded-controls",
                b' ' | b'"' | b'#' | b'%' | b'<' | b'>' | b'?' | b'[' | b']' | b'^' | b'`' | b'{' | b'|'
                | b'}' => "",
                0x80.. => "invalid-utf8",
                _ => "needless-escapes",
            };
            assert_eq!(names(format!("/%{byte:02X}").as_bytes()), expected, "{byte:#04x}");
        }
    }

    #[test]
    fn every_escape_in_lower_case_is_of_that_class_too() {
        for byte in 0..=u8::MAX {
            let (upper, lower) = (format!("/a%{byte:02X}"), format!("/a%{byte:02x}"));
            let mut expected = classes_of(upper.as_bytes());
            if upper != lower {
                expected |= PathClass::LowerCaseEscapes;
            }
            assert_eq!(classes_of(lower.as_bytes()), expected, "{lower}");
        }
    }

    /// Every text of five characters from an alphabet that has a part in some class.
    fn short_paths() -> impl Iterator<Item = Vec<u8>> {
        const ALPHABET: &[u8] = b"/.%2eE5;C3\xa9";
        let longer = |paths: Vec<Vec<u8>>, _: u32| {
            let with_each = |path: Vec<u8>| ALPHABET.iter().map(move |byte| [&path[..], &[*byte]].concat());
            paths.into_iter().flat_map(with_each).collect()
        };
        (0..5).fold(vec![Vec::new()], longer).into_iter()
    }

    fn decoded(mut path: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some((unit, rest)) = Unit::first(path) {
            bytes.push(unit.byte);
            path = rest;
        }
        bytes
    }

    #[test]
    fn no_two_paths_of_no_class_decode_to_the_same_and_what_they_decode_to_is_utf8() {
        let mut seen = std::collections::BTreeMap::new();
        for path in short_paths().filter(|path| classes_of(path).is_empty()) {
            let decoded = decoded(&path);
            assert!(std::str::from_utf8(&decoded).is_ok(), "{}", path.escape_ascii());
            let before = seen.insert(decoded, path.clone());
            assert_eq!(before, None, "{}", path.escape_ascii());
        }
        assert!(seen.len() > 1000, "{}", seen.len());
    }

    #[test]
    fn the_class_of_no_utf8_is_what_the_standard_library_says_of_the_decoded_path() {
        let is_found = |path: &[u8]| {
            classes_of(path)
                .iter()
                .any(|class| class == PathClass::InvalidUtf8)
        };
        let check = |path: &[u8]| {
            let expected = std::str::from_utf8(&decoded(path)).is_err();
            assert_eq!(is_found(path), expected, "{}", path.escape_ascii());
        };
        short_paths().for_each(|path| check(&path));
        for (lead, second) in
            (0x7f..=u8::MAX).flat_map(|lead| (0..=u8::MAX).map(move |second| (lead, second)))
        {
            for rest in [&b""[..], b"\x80", b"\x80\x80", b"\xbf\xbf\xbf", b"\xbfa"] {
                check(&[&[lead, second], rest].concat());
            }
        }
    }
}
