//! `request.*`.

use super::{Moment, joined};
use crate::abi::MapType;
use crate::envoy::property_value::PropertyValue;
use crate::headers::Headers;
use crate::vm::stream_state::StreamState;

/// The protocol of a request for which no test told another.
const PROTOCOL: &[u8] = b"HTTP/1.1";

/// The headers count only while the plugin can read them: in their callback, while it is paused there, and in the log.
pub(super) fn value(moment: &Moment<'_>, name: &[u8]) -> Option<PropertyValue> {
    let headers = moment.state.readable_map(MapType::HttpRequestHeaders);
    match name {
        b"headers" => Some(joined::map(headers)),
        b"headers_bytes" => Some(PropertyValue::Signed(joined::byte_size(headers))),
        b"size" => size(headers, moment.stream),
        b"total_size" => Some(total_size(headers, moment.stream)),
        b"time" => Some(nanoseconds(moment.stream.began)),
        b"duration" => duration(moment),
        b"protocol" => moment.stream.http().map(|_| PropertyValue::from(PROTOCOL)),
        _ => of_headers(headers?, name),
    }
}

fn of_headers(headers: &Headers, name: &[u8]) -> Option<PropertyValue> {
    let header = |name: &str| headers.get(name).map(PropertyValue::from);
    match name {
        b"path" => header(":path"),
        b"url_path" => Some(parts(headers).0.into()),
        b"query" => Some(parts(headers).1.into()),
        b"host" => header(":authority"),
        b"scheme" => header(":scheme"),
        b"method" => header(":method"),
        b"referer" => header("referer"),
        b"useragent" => header("user-agent"),
        b"id" => header("x-request-id"),
        _ => None,
    }
}

/// The path and the query; without a path both are empty. A fragment belongs to neither.
fn parts(headers: &Headers) -> (&[u8], &[u8]) {
    let path = headers.get(":path").unwrap_or_default();
    let mut parts = path.splitn(2, |byte| *byte == b'?');
    let (path, query) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    (path, query.split(|byte| *byte == b'#').next().unwrap_or_default())
}

/// What the request says of its length; without a word of it, the bytes that have come.
fn size(headers: Option<&Headers>, stream: &StreamState) -> Option<PropertyValue> {
    match headers.and_then(|headers| headers.get("content-length")) {
        Some(length) => std::str::from_utf8(length)
            .ok()
            .and_then(|length| length.trim_ascii().parse().ok())
            .map(PropertyValue::Signed),
        None => Some(PropertyValue::Signed(joined::count(received(stream)))),
    }
}

fn total_size(headers: Option<&Headers>, stream: &StreamState) -> PropertyValue {
    let body = joined::count(received(stream));
    PropertyValue::Signed(body.saturating_add(joined::byte_size(headers)))
}

fn received(stream: &StreamState) -> usize {
    match (stream.http(), stream.tcp()) {
        (Some(http), _) => http.request.body.arrived(),
        (None, Some(tcp)) => tcp.downstream.arrived(),
        (None, None) => 0,
    }
}

/// From the first headers to the end of the stream, which is known in the access log.
fn duration(moment: &Moment<'_>) -> Option<PropertyValue> {
    let now = moment.state.clock.nanoseconds();
    let duration = now.saturating_sub(moment.stream.began);
    moment.in_access_log().then(|| nanoseconds(duration))
}

fn nanoseconds(number: u64) -> PropertyValue {
    PropertyValue::Signed(i64::try_from(number).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_cut_at_its_first_question_mark_and_the_query_before_a_fragment() {
        let table = [
            ("/a?b=1?2#f", ("/a", "b=1?2")),
            ("/a", ("/a", "")),
            ("/a#f?q", ("/a#f", "q")),
            ("/a?", ("/a", "")),
        ];
        for (path, (url_path, query)) in table {
            let headers = Headers::from_iter([(":path", path)]);
            assert_eq!(parts(&headers), (url_path.as_bytes(), query.as_bytes()), "{path}");
        }
    }
}
