//! What a peer wrote, as text for people: nothing in it steers a terminal.

use std::fmt::Write as _;

/// The bytes as text. A backslash is doubled, and what is no printable character becomes an escape.
pub(super) fn printable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|char| push(&mut text, char));
        for byte in chunk.invalid() {
            // Writing to a string has no error to report.
            let _ = write!(text, r"\x{byte:02x}");
        }
    }
    text
}

/// Each of these texts, printable.
pub(super) fn printable_parts<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> Vec<String> {
    parts.into_iter().map(|part| printable(part.as_ref())).collect()
}

fn push(text: &mut String, char: char) {
    match char {
        '\\' => text.push_str(r"\\"),
        ' '..='~' => text.push(char),
        other => text.extend(other.escape_debug()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_would_steer_a_terminal_is_escaped_and_letters_are_not() {
        let table: [(&[u8], &str); 5] = [
            (b"/orders/1?a=\"b\"", "/orders/1?a=\"b\""),
            ("/caf\u{e9}".as_bytes(), "/caf\u{e9}"),
            (b"\x1b[31m\r\n\\", r"\u{1b}[31m\r\n\\"),
            ("\u{202e}".as_bytes(), r"\u{202e}"),
            (b"a\xff", r"a\xff"),
        ];
        for (bytes, expected) in table {
            assert_eq!(printable(bytes), expected);
        }
    }
}
