//! The answer that a plugin gives in the application's place.

use std::borrow::Cow;
use std::fmt;

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
    /// The headers that Envoy sends: the status, those of the plugin, and length and type of a body.
    pub(crate) fn sent_headers(&self) -> Headers {
        let mut headers = Headers::from_iter([(":status", self.status.to_string())]);
        self.headers
            .iter()
            .for_each(|(name, value)| headers.add_as_envoy(name, value));
        if !self.body.is_empty() {
            headers.replace("content-length", self.body.len().to_string());
            if headers.get("content-type").is_none() {
                headers.add("content-type", "text/plain");
            }
        }
        headers
    }
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
}
