//! The answer that a plugin gives in the application's place.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use crate::header_kind::HeaderKind;
use crate::headers::Headers;

/// What a plugin gave to `proxy_send_local_response`. The first one of a stream goes out; of a later one only the
/// details count, as in Envoy.
#[derive(Clone, PartialEq, Eq)]
pub struct LocalReply {
    /// The HTTP status, as given: any number.
    pub status: u32,
    /// What `%RESPONSE_CODE_DETAILS%` shows: as given, but with `_` for each white-space character.
    pub details: Vec<u8>,
    /// The body, raw.
    pub body: Vec<u8>,
    /// The headers that the plugin added.
    pub headers: Headers,
    /// The gRPC status (0 to 16); `None` for any other number, by which Envoy derives it from the HTTP status.
    pub grpc_status: Option<u32>,
}

impl LocalReply {
    /// The details as text; bytes that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn details_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.details)
    }

    /// The body as text; bytes that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn body_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl LocalReply {
    /// The headers that Envoy sends in answer to a request with these headers.
    pub(crate) fn sent_headers(&self, request: &Headers) -> Headers {
        let mut headers = Headers::from_iter([(":status", self.status.to_string())]);
        self.headers
            .iter()
            .for_each(|(name, value)| headers.add_as_envoy(HeaderKind::Response, name, value));
        if is_grpc(request) {
            self.make_grpc(&mut headers, request);
        } else {
            self.describe_body(&mut headers);
        }
        headers
    }

    /// Whether nothing follows the headers.
    pub(crate) fn ends_with_headers(&self, request: &Headers) -> bool {
        self.body.is_empty() || is_grpc(request) || is_head(request)
    }

    /// Status and message are headers too, and the body stays away: a gRPC answer of trailers only.
    fn make_grpc(&self, headers: &mut Headers, request: &Headers) {
        headers.replace(":status", "200");
        headers.replace("content-type", GRPC);
        if headers.get("grpc-status").is_none_or(<[u8]>::is_empty) {
            let status = self.grpc_status.unwrap_or_else(|| grpc_status_of(self.status));
            headers.replace("grpc-status", status.to_string());
        }
        if !self.body.is_empty() && !is_head(request) {
            headers.replace("grpc-message", percent_encoded(&self.body));
        }
        headers.remove("content-length");
    }

    /// A body has its length and a type; without one neither header goes out.
    fn describe_body(&self, headers: &mut Headers) {
        if self.body.is_empty() {
            headers.remove("content-length");
            headers.remove("content-type");
            return;
        }
        headers.replace("content-length", self.body.len().to_string());
        if headers.get("content-type").is_none() {
            headers.add("content-type", "text/plain");
        }
    }
}

const GRPC: &[u8] = b"application/grpc";

/// As Envoy tells a gRPC request: by its content type, with or without a `+` and a format behind it.
fn is_grpc(request: &Headers) -> bool {
    let content_type = request.get("content-type").unwrap_or_default();
    let rest = content_type.strip_prefix(GRPC);
    request.get(":path").is_some() && rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+')))
}

fn is_head(request: &Headers) -> bool {
    request.get(":method") == Some(b"HEAD")
}

/// The gRPC status that Envoy derives from an HTTP status.
pub(crate) const fn grpc_status_of(status: u32) -> u32 {
    match status {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    }
}

/// A gRPC message: bytes outside of a space to `}`, and `%`, as two hexadecimal digits.
fn percent_encoded(text: &[u8]) -> String {
    text.iter().fold(String::new(), |mut encoded, byte| {
        if matches!(byte, b' '..=b'}') && *byte != b'%' {
            encoded.push(char::from(*byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

impl fmt::Debug for LocalReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            status,
            details,
            body,
            headers,
            grpc_status,
        } = self;
        f.debug_struct("LocalReply")
            .field("status", status)
            .field("details", &format_args!("\"{}\"", details.escape_ascii()))
            .field("body", &format_args!("\"{}\"", body.escape_ascii()))
            .field("headers", headers)
            .field("grpc_status", grpc_status)
            .finish()
    }
}

/// The highest gRPC status that is defined (`UNAUTHENTICATED`).
const LAST_GRPC_STATUS: u32 = 16;

/// The status that Envoy puts on the wire for the number a plugin gave.
pub(crate) fn grpc_status(given: u32) -> Option<u32> {
    (given <= LAST_GRPC_STATUS).then_some(given)
}

/// The details as Envoy records them: white space becomes `_`, so that a log field stays one word.
pub(crate) fn details(given: &[u8]) -> Vec<u8> {
    given
        .iter()
        .map(|byte| if is_space(*byte) { b'_' } else { *byte })
        .collect()
}

const fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_one_word() {
        assert_eq!(
            details(b"denied by\trule\x0b0\r\n\xff"),
            b"denied_by_rule_0__\xff"
        );
    }

    #[test]
    fn only_a_defined_grpc_status_reaches_the_wire() {
        assert_eq!(grpc_status(7), Some(7));
        assert_eq!(grpc_status(16), Some(16));
        assert_eq!(grpc_status(17), None);
        assert_eq!(grpc_status(u32::MAX), None, "the SDK's -1");
    }

    #[test]
    fn a_grpc_message_is_printable() {
        assert_eq!(
            percent_encoded("n\u{f6} 100%~\n".as_bytes()),
            "n%C3%B6 100%25%7E%0A"
        );
    }

    #[test]
    fn a_request_is_grpc_by_its_content_type() {
        let table = [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc-web", false),
            ("application/json", false),
        ];
        for (content_type, grpc) in table {
            let request = Headers::from_iter([(":path", "/"), ("content-type", content_type)]);
            assert_eq!(is_grpc(&request), grpc, "{content_type}");
        }
    }
}
