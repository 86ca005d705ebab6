//! Raw bytes as printable ASCII: what a peer wrote never reaches a log as it is.

use std::fmt::Write as _;

/// The longest text that a line of the log shows, in bytes: as long as the longest SPIFFE ID.
const MAX_BYTES: usize = 2048;

/// The bytes as printable ASCII. A backslash is doubled, every other byte that is not printable ASCII becomes
/// `\xNN`, and of more than 2048 bytes the rest is shown as its count, such as `...(17 more bytes)`.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let (shown, rest) = bytes.split_at_checked(MAX_BYTES).unwrap_or((bytes, &[]));
    let mut text = String::with_capacity(shown.len());
    shown.iter().for_each(|byte| push_escaped(&mut text, *byte));
    if !rest.is_empty() {
        text.push_str(&format!("...({} more bytes)", rest.len()));
    }
    text
}

fn push_escaped(text: &mut String, byte: u8) {
    match byte {
        b'\\' => text.push_str(r"\\"),
        b' '..=b'~' => text.push(char::from(byte)),
        0..b' ' | 0x7f..=u8::MAX => {
            // Writing to a string has no error to report.
            let _ = write!(text, r"\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_shown_as_printable_ascii_and_no_two_alike() {
        let shown: Vec<String> = (0..=u8::MAX).map(|byte| printable(&[byte])).collect();
        assert!(
            shown
                .iter()
                .all(|text| text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
        );
        assert_eq!(shown.iter().collect::<std::collections::BTreeSet<_>>().len(), 256);
    }

    #[test]
    fn control_bytes_and_bytes_beyond_ascii_are_escaped() {
        assert_eq!(
            printable(b"spiffe://td/a\r\n\0\xff\\\"\x7f"),
            r#"spiffe://td/a\x0d\x0a\x00\xff\\"\x7f"#
        );
    }

    #[test]
    fn a_long_text_ends_with_the_count_of_what_is_left_out() {
        assert_eq!(printable(&[b'a'; 2048]), "a".repeat(2048));
        assert_eq!(
            printable(&[b'a'; 2065]),
            format!("{}...(17 more bytes)", "a".repeat(2048))
        );
    }
}
