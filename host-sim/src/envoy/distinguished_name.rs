//! A subject as Envoy prints it: RFC 2253, the last part first.

use x509_parser::der_parser::asn1_rs::{Any, Tag};
use x509_parser::prelude::{AttributeTypeAndValue, X509Name};

/// The name as text; an empty one is empty.
pub(super) fn text(name: &X509Name<'_>) -> String {
    let parts: Vec<String> = name
        .iter_rdn()
        .map(|rdn| {
            let mut attributes: Vec<String> = rdn.iter().map(attribute).collect();
            attributes.reverse();
            attributes.join("+")
        })
        .collect();
    let reversed: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
    reversed.join(",")
}

/// A type that has no short name is its number, and its value the DER form in hexadecimal.
fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let short = SHORT_NAMES.iter().find(|(known, _)| *known == oid);
    match (short, characters(attribute.attr_value())) {
        (Some((_, short)), Some(text)) => format!("{short}={}", escaped(&text)),
        (Some((_, short)), None) => format!("{short}=#{}", der(attribute.attr_value())),
        (None, _) => format!("{oid}=#{}", der(attribute.attr_value())),
    }
}

/// Types and their short names in the library that prints for Envoy.
const SHORT_NAMES: [(&str, &str); 16] = [
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
];

/// The text as UTF-8; `None` where the value is no text.
fn characters(value: &Any<'_>) -> Option<Vec<u8>> {
    match value.header.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            Some(value.data.to_vec())
        }
        Tag::T61String => Some(
            value
                .data
                .iter()
                .map(|byte| char::from(*byte))
                .collect::<String>()
                .into(),
        ),
        Tag::BmpString => {
            let (units, _) = value.data.as_chunks();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            String::from_utf16(&units).ok().map(String::into_bytes)
        }
        _ => None,
    }
}

/// Separators behind a backslash, and every byte that is not printable ASCII as two digits behind one.
fn escaped(text: &[u8]) -> String {
    let last = text.len().saturating_sub(1);
    let shown = text.iter().enumerate().map(|(place, byte)| match byte {
        b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => format!("\\{}", char::from(*byte)),
        b'#' if place == 0 => "\\#".to_owned(),
        b' ' if place == 0 || place == last => "\\ ".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\{byte:02X}"),
    });
    shown.collect()
}

fn der(value: &Any<'_>) -> String {
    use x509_parser::der_parser::asn1_rs::ToDer as _;
    let der = value.to_der_vec().unwrap_or_default();
    der.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_edges_and_what_is_not_ascii_are_escaped() {
        let table = [
            ("Shop, Inc/x", "Shop\\, Inc/x"),
            ("client \"q\"", "client \\\"q\\\""),
            (" a b ", "\\ a b\\ "),
            ("#1#", "\\#1#"),
            ("n\u{f6}\n", "n\\C3\\B6\\0A"),
        ];
        for (text, expected) in table {
            assert_eq!(escaped(text.as_bytes()), expected);
        }
    }
}
