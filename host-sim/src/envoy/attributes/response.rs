//! `response.*`.

use super::{Moment, grpc_status, joined};
use crate::abi::MapType;
use crate::envoy::property_value::PropertyValue;
use crate::http::state::{HttpState, status};

/// The details of a response that came from the upstream.
const VIA_UPSTREAM: &[u8] = b"via_upstream";

/// The headers and trailers count only while the plugin can read them.
pub(super) fn value(moment: &Moment<'_>, name: &[u8]) -> Option<PropertyValue> {
    let headers = moment.state.readable_map(MapType::HttpResponseHeaders);
    let trailers = moment.state.readable_map(MapType::HttpResponseTrailers);
    let http = moment.stream.http();
    match name {
        b"headers" => Some(joined::map(headers)),
        b"trailers" => Some(joined::map(trailers)),
        b"headers_bytes" => Some(PropertyValue::Signed(joined::byte_size(headers))),
        b"size" => Some(PropertyValue::Signed(sent(moment))),
        b"total_size" => {
            let maps = joined::byte_size(headers).saturating_add(joined::byte_size(trailers));
            Some(PropertyValue::Signed(sent(moment).saturating_add(maps)))
        }
        b"flags" => Some(PropertyValue::Signed(0)),
        b"code" => http.and_then(code).map(PropertyValue::Signed),
        b"code_details" => http.and_then(details).map(PropertyValue::from),
        b"grpc_status" => {
            let code = http.and_then(code);
            grpc_status::of(trailers, headers, code).map(PropertyValue::Signed)
        }
        _ => None,
    }
}

/// Bytes of the body that have gone out.
fn sent(moment: &Moment<'_>) -> i64 {
    let (http, tcp) = (moment.stream.http(), moment.stream.tcp());
    let of_http = http.map(|http| http.response.passed.body.len());
    joined::count(
        of_http
            .or_else(|| tcp.map(|tcp| tcp.upstream.passed().len()))
            .unwrap_or_default(),
    )
}

/// The status that has gone out; before, that of the local reply, or that of the response as it came.
fn code(http: &HttpState) -> Option<i64> {
    let gone = http.response.passed.headers.as_ref().and_then(status);
    let reply = http.local_reply.as_ref().map(|reply| reply.status);
    gone.or(reply).or(http.response_code).map(i64::from)
}

fn details(http: &HttpState) -> Option<&[u8]> {
    let upstream = http.response.headers.seen.then_some(VIA_UPSTREAM);
    http.details.as_deref().or(upstream)
}
