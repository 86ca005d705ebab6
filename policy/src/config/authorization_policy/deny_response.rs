//! `denyResponse`: what the client gets from a DENY policy (E-8).

use serde_json::Value;

use crate::config::document::Document;
use crate::config::error::{ConfigErrorKind, Problems};
use crate::config::field_path::FieldPath;
use crate::config::fields::{Fields, read_list, wrong_kind};
use crate::config::values::{text, text_map};
use crate::deny_response::{Body, DenyResponse};

const STATUSES: std::ops::RangeInclusive<u16> = 400..=599;
const GRPC_STATUSES: std::ops::RangeInclusive<u16> = 1..=16;
const MOST_HEADERS: usize = 16;
const LONGEST_HEADER: usize = 1024;
const LONGEST_BODY: usize = 4096;
const LONGEST_CONTENT_TYPE: usize = 255;

/// Headers that HTTP itself or the proxy sets.
const RESERVED: [&str; 14] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "grpc-message",
    "grpc-status",
    "host",
    "keep-alive",
    "proxy-connection",
    "server",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// `spec.denyResponse`
pub(crate) type RawDenyResponse = DenyResponse;

impl DenyResponse {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let both = fields.has("text") && fields.has("json");
        let says_nothing = !["status", "headers", "text", "json", "contentType", "grpcStatus"]
            .iter()
            .any(|name| fields.has(name));
        let status = fields.optional("status", problems, |document, at, problems| {
            number_in(
                document,
                at,
                STATUSES,
                "an HTTP status of an error: 400 to 599",
                problems,
            )
        });
        let grpc_status = fields.optional("grpcStatus", problems, |document, at, problems| {
            number_in(
                document,
                at,
                GRPC_STATUSES,
                "a gRPC status of an error: 1 to 16",
                problems,
            )
        });
        let headers = fields.optional("headers", problems, read_headers);
        let content_type = fields.optional("contentType", problems, read_content_type);
        let body = read_body(&mut fields, at, problems);
        fields.finish(problems);
        if both {
            let why = "`text` and `json` exclude each other";
            problems.add(&at.field("json"), ConfigErrorKind::Conflict(why));
        }
        if says_nothing {
            let why = "a response that says nothing is the one that there is without it";
            problems.add(at, ConfigErrorKind::Empty(why));
        }
        Some(Self {
            status,
            headers: headers.unwrap_or_default(),
            content_type,
            body,
            grpc_status,
        })
    }
}

fn read_body(fields: &mut Fields<'_, '_>, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Body> {
    let text = fields.optional("text", problems, text).map(Body::Text);
    let json = fields
        .optional("json", problems, read_json)
        .map(|json| Body::Json(json.to_string()));
    let name = if json.is_some() { "json" } else { "text" };
    let body = text.or(json);
    let length = body.as_ref().map_or(0, |body| body.as_str().len());
    problems.at_most(&at.field(name), length, LONGEST_BODY, "bytes");
    body
}

/// The document as JSON; a field given twice or a number that JSON does not have is a mistake.
fn read_json(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Value> {
    match document {
        Document::Null => Some(Value::Null),
        Document::Bool(value) => Some(Value::Bool(*value)),
        Document::String(text) => Some(Value::String(text.clone())),
        Document::Number(number) => {
            let json = serde_json::from_str(number).ok();
            if json.is_none() {
                problems.invalid(at, number, "a number of JSON");
            }
            json
        }
        Document::List(_) => {
            let items = read_list(document, at, problems, read_json)?;
            Some(items.into_iter().map(|(_, item)| item).collect())
        }
        Document::Map(entries) => {
            let mut map = serde_json::Map::new();
            for (name, value) in entries {
                let at = at.field(name);
                if map
                    .insert(name.clone(), read_json(value, &at, problems)?)
                    .is_some()
                {
                    problems.add(&at, ConfigErrorKind::DuplicateField);
                }
            }
            Some(Value::Object(map))
        }
    }
}

fn number_in(
    document: &Document,
    at: &FieldPath<'_>,
    range: std::ops::RangeInclusive<u16>,
    expected: &'static str,
    problems: &mut Problems,
) -> Option<u16> {
    let Document::Number(input) = document else {
        wrong_kind(document, at, "a number", problems);
        return None;
    };
    let number = input.parse().ok().filter(|number| range.contains(number));
    if number.is_none() {
        problems.invalid(at, input, expected);
    }
    number
}

fn read_headers(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<Vec<(String, String)>> {
    let headers = text_map(document, at, problems)?;
    problems.at_most(at, headers.len(), MOST_HEADERS, "headers");
    for (name, value) in &headers {
        let at = at.field(name);
        if !is_header_name(name) {
            problems.invalid(&at, name, "the name of a header that a policy may set");
        }
        problems.at_most(&at, value.len(), LONGEST_HEADER, "bytes");
        if !is_header_value(value) {
            problems.invalid(
                &at,
                value,
                "the value of a header: visible ASCII characters and spaces between them",
            );
        }
    }
    let lower = |(name, value): (String, String)| (name.to_ascii_lowercase(), value);
    Some(headers.into_iter().map(lower).collect())
}

/// A token (RFC 9110, section 5.6.2) that is not reserved.
fn is_header_name(name: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(token) && !RESERVED.contains(&name.to_ascii_lowercase().as_str())
}

fn is_header_value(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && value.trim_ascii() == value
}

fn read_content_type(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<String> {
    let content_type = text(document, at, problems)?;
    problems.at_most(at, content_type.len(), LONGEST_CONTENT_TYPE, "bytes");
    if !content_type.contains('/') || !is_header_value(&content_type) {
        problems.invalid(at, &content_type, "a content type such as `text/plain`");
    }
    Some(content_type)
}
