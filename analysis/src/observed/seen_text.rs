//! [`SeenText`]: what a peer wrote, as a log shows it.

/// Bytes that a peer wrote.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum SeenText {
    /// All of them.
    Whole(Vec<u8>),
    /// Only the first ones: the filter cuts what is longer than 2048 bytes.
    Cut(Vec<u8>),
}

impl SeenText {
    /// The bytes, if they are all there.
    #[must_use]
    pub fn whole(&self) -> Option<&[u8]> {
        match self {
            Self::Whole(bytes) => Some(bytes),
            Self::Cut(_) => None,
        }
    }

    /// Text that a log shows as it is.
    pub(super) fn plain(text: String) -> Self {
        Self::Whole(text.into_bytes())
    }

    /// Text as the filter escapes it: a doubled backslash is one, `\xNN` a byte, and `...(N more bytes)` behind 2048
    /// bytes says that it was cut.
    pub(super) fn escaped(text: &str) -> Result<Self, String> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('\\') {
            bytes.extend_from_slice(before.as_bytes());
            let (byte, behind) = escape(behind).ok_or_else(|| no_escape(text))?;
            bytes.push(byte);
            rest = behind;
        }
        bytes.extend_from_slice(rest.as_bytes());
        Ok(whole_or_cut(bytes))
    }
}

/// As many bytes of a text as the filter shows.
const SHOWN: usize = 2048;

fn whole_or_cut(mut bytes: Vec<u8>) -> SeenText {
    match bytes.split_at_checked(SHOWN) {
        Some((_, rest)) if is_count(rest) => {
            bytes.truncate(SHOWN);
            SeenText::Cut(bytes)
        }
        Some(_) | None => SeenText::Whole(bytes),
    }
}

/// `...(17 more bytes)`.
fn is_count(rest: &[u8]) -> bool {
    let count = rest
        .strip_prefix(b"...(")
        .and_then(|rest| rest.strip_suffix(b" more bytes)"));
    count.is_some_and(|count| !count.is_empty() && count.iter().all(u8::is_ascii_digit))
}

/// The byte behind a backslash, and what follows.
fn escape(text: &str) -> Option<(u8, &str)> {
    if let Some(rest) = text.strip_prefix('\\') {
        return Some((b'\\', rest));
    }
    let (digits, rest) = text.strip_prefix('x')?.split_at_checked(2)?;
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)?;
    Some((byte, rest))
}

fn no_escape(text: &str) -> String {
    format!("a backslash in `{text}` is followed by neither a backslash nor `xNN`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_lead_back_to_the_bytes() {
        let read = SeenText::escaped(r"/\xc3\xa9\\x41").unwrap();
        assert_eq!(read, SeenText::Whole(b"/\xc3\xa9\\x41".to_vec()));
    }

    #[test]
    fn a_backslash_that_escapes_nothing_is_an_error() {
        for text in [r"a\", r"\n", r"\x4", r"\x+4", r"\xé"] {
            assert!(SeenText::escaped(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_that_was_cut_is_not_whole() {
        let shown = "a".repeat(2048);
        let cut = SeenText::escaped(&format!("{shown}...(17 more bytes)")).unwrap();
        assert_eq!(cut, SeenText::Cut(shown.clone().into_bytes()));
        assert_eq!(cut.whole(), None);
        let short = "/...(17 more bytes)";
        assert_eq!(SeenText::escaped(short).unwrap().whole(), Some(short.as_bytes()));
        assert!(SeenText::escaped(&shown).unwrap().whole().is_some());
    }
}
