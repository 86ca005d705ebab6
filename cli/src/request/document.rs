//! Request documents as trees, before the engine reads them.

use spiffe_authz_policy::Document;

/// Text.
pub(super) fn text(text: impl Into<String>) -> Document {
    Document::String(text.into())
}

/// A map of one field.
pub(super) fn map_of(name: &str, value: Document) -> Document {
    Document::Map(vec![(name.to_owned(), value)])
}

/// Bytes as a request document has them: text, or base64 where they are none.
pub(super) fn bytes(bytes: &[u8]) -> Document {
    match str::from_utf8(bytes) {
        Ok(bytes) => text(bytes),
        Err(_) => map_of("base64", text(base64(bytes))),
    }
}

/// Puts a value where the path leads, in place of what stands there. What is no map stays as it is: the engine says so.
pub(super) fn set(document: &mut Document, path: &[&str], value: Document) {
    let ([name, rest @ ..], Document::Map(entries)) = (path, document) else {
        return;
    };
    if !entries.iter().any(|(key, _)| key == name) {
        entries.push(((*name).to_owned(), Document::Map(Vec::new())));
    }
    let field = entries.iter_mut().find(|(key, _)| key == name);
    match (field, rest) {
        (Some((_, field)), []) => *field = value,
        (Some((_, field)), rest) => set(field, rest, value),
        (None, _) => {}
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    let mut rest = bytes;
    while let Some((group, behind)) = rest
        .split_at_checked(3.min(rest.len()))
        .filter(|(group, _)| !group.is_empty())
    {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (index, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = usize::try_from(bits >> shift & 63).unwrap_or_default();
            let is_there = index <= group.len();
            let digit = ALPHABET.get(digit).filter(|_| is_there).copied().unwrap_or(b'=');
            text.push(char::from(digit));
        }
        rest = behind;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_base64() {
        for (given, expected) in [
            (&b"\xff"[..], "/w=="),
            (b"\xffa", "/2E="),
            (b"\xffab", "/2Fi"),
            (b"\xffabc", "/2FiYw=="),
        ] {
            assert_eq!(bytes(given), map_of("base64", text(expected)));
        }
        assert_eq!(bytes(b"/a"), text("/a"));
    }

    #[test]
    fn a_value_is_put_in_place_of_another_and_where_there_was_none() {
        let mut document = map_of("source", map_of("ip", text("10.0.0.7")));
        set(&mut document, &["source", "ip"], text("10.0.0.8"));
        set(&mut document, &["destination", "port"], text("80"));
        let expected = vec![
            ("source".to_owned(), map_of("ip", text("10.0.0.8"))),
            ("destination".to_owned(), map_of("port", text("80"))),
        ];
        assert_eq!(document, Document::Map(expected));
    }
}
