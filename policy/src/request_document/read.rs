//! The values of a request document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, wrong_kind};
use crate::config::hex::parse_hex;
use crate::config::values::text;
use crate::request_document::WrittenProtocol;

pub(crate) fn read_protocol(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<WrittenProtocol> {
    let protocol = text(document, at, problems)?;
    match protocol.as_str() {
        "http" => Some(WrittenProtocol::Http),
        "grpc" => Some(WrittenProtocol::Grpc),
        "tcp" => Some(WrittenProtocol::Tcp),
        _ => {
            problems.invalid(at, &protocol, "a protocol: http, grpc or tcp");
            None
        }
    }
}

/// `["name", "value"]`; the name is folded to lower case, as proxies do.
pub(crate) fn read_header(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<(String, Vec<u8>)> {
    match document {
        Document::List(pair) => match pair.as_slice() {
            [name, value] => {
                let name = text(name, &at.index(0), problems);
                let value = read_bytes(value, &at.index(1), problems);
                return Some((name?.to_ascii_lowercase(), value?));
            }
            _ => wrong_kind(document, at, "a pair of name and value", problems),
        },
        Document::Null | Document::Bool(_) | Document::Number(_) | Document::String(_) | Document::Map(_) => {
            wrong_kind(document, at, "a pair of name and value", problems)
        }
    }
    None
}

/// Text, or bytes as `{"base64": "..."}`.
pub(crate) fn read_bytes(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<Vec<u8>> {
    if !matches!(document, Document::Map(_)) {
        return text(document, at, problems).map(String::into_bytes);
    }
    let mut fields = Fields::of(document, at, problems)?;
    let encoded = fields.required("base64", "the bytes", problems, |encoded, _, _| {
        Some(encoded.clone())
    });
    fields.finish(problems);
    let at = at.field("base64");
    let encoded = text(&encoded?, &at, problems)?;
    let bytes = STANDARD.decode(&encoded).ok();
    if bytes.is_none() {
        problems.invalid(&at, &encoded, "base64 (RFC 4648, with padding)");
    }
    bytes
}

/// Text of hexadecimal digits.
pub(crate) fn read_hex(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Vec<u8>> {
    let input = text(document, at, problems)?;
    let bytes = parse_hex(&input);
    if bytes.is_none() {
        problems.invalid(at, &input, "bytes as pairs of hexadecimal digits");
    }
    bytes
}
