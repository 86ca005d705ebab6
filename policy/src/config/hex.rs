//! Bytes as hexadecimal digits.

/// Pairs of hexadecimal digits, with or without a colon between the bytes; at least one byte.
#[expect(clippy::disallowed_methods, reason = "chunks of 2 are not chunks of 0")]
pub(crate) fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let pairs: Vec<&[u8]> = if text.contains(':') {
        text.split(':').map(str::as_bytes).collect()
    } else {
        text.as_bytes().chunks(2).collect()
    };
    let byte = |pair: &&[u8]| match pair {
        [high, low] => Some(digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?),
        _ => None,
    };
    pairs
        .iter()
        .map(byte)
        .collect::<Option<Vec<u8>>>()
        .filter(|bytes| !bytes.is_empty())
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn colons_between_bytes_may_be_left_out() {
        for text in ["1A:2b:FF", "1a2bff"] {
            assert_eq!(parse_hex(text), Some(vec![0x1a, 0x2b, 0xff]), "{text}");
        }
    }

    #[test]
    fn anything_but_whole_bytes_is_refused() {
        for text in [
            "", "1", "123", "1g", "1:2", "1a:", ":1a", "1a:2", "0x1a", "1a 2b", "é",
        ] {
            assert_eq!(parse_hex(text), None, "`{text}`");
        }
    }
}
