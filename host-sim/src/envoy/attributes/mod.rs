//! The attributes that follow from a stream itself, worked out when a plugin reads them: as measured on Envoy 1.40.

mod grpc_status;
mod joined;
mod request;
mod response;

use crate::envoy::dynamic_metadata::DynamicMetadata;
use crate::envoy::properties::{DYNAMIC_METADATA, Upstreamed};
use crate::envoy::property_value::{PropertyValue, Reading};
use crate::vm::callback::Callback;
use crate::vm::state::State;
use crate::vm::stream_state::StreamState;

/// A stream in the callback that runs.
pub(crate) struct Moment<'s> {
    pub(crate) state: &'s State,
    pub(crate) stream: &'s StreamState,
}

impl Moment<'_> {
    fn in_access_log(&self) -> bool {
        self.state.running.callback == Callback::Log
    }
}

/// What the path gives in this stream; `None` where nothing follows from the stream.
pub(crate) fn read(moment: &Moment<'_>, path: &[Vec<u8>]) -> Option<Reading> {
    let (top, rest) = path.split_first()?;
    if rest.is_empty() {
        return whole(moment, top);
    }
    let (name, inside) = rest.split_first()?;
    let value = match top.as_slice() {
        b"request" => request::value(moment, name),
        b"response" => response::value(moment, name),
        b"upstream" => upstream(moment, name),
        b"xds" => listener(name),
        top if top == DYNAMIC_METADATA.as_bytes() => return Some(no_metadata().at(rest)),
        _ => None,
    };
    if top == b"request" && name == b"headers" || top == b"response" && is_map(name) {
        return value.map(|value| joined::inside(&value, inside));
    }
    value.map(|value| value.at(inside))
}

fn is_map(name: &[u8]) -> bool {
    name == b"headers" || name == b"trailers"
}

/// Names that only lead on, and the metadata that no filter has written.
fn whole(moment: &Moment<'_>, top: &[u8]) -> Option<Reading> {
    match top {
        b"connection" | b"destination" | b"filter_state" | b"request" | b"response" | b"source"
        | b"upstream" => Some(Reading::Unserializable),
        b"upstream_filter_state" => upstreamed(moment.stream).then_some(Reading::Unserializable),
        top if top == DYNAMIC_METADATA.as_bytes() => Some(no_metadata().at(&[])),
        _ => None,
    }
}

fn no_metadata() -> PropertyValue {
    PropertyValue::from(DynamicMetadata::new())
}

/// Before the request has gone to the upstream there were no attempts, then one.
fn upstream(moment: &Moment<'_>, name: &[u8]) -> Option<PropertyValue> {
    let gone = upstreamed(moment.stream);
    match name {
        b"request_attempt_count" => Some(PropertyValue::Unsigned(u64::from(gone))),
        _ => None,
    }
}

/// A listener has a direction, metadata and a name of its filter chain, if only none.
fn listener(name: &[u8]) -> Option<PropertyValue> {
    match name {
        b"filter_chain_name" => Some(PropertyValue::Bytes(Vec::new())),
        b"listener_direction" => Some(PropertyValue::Signed(0)),
        b"listener_metadata" => Some(no_metadata()),
        _ => None,
    }
}

/// Whether the stream has reached its upstream.
pub(crate) fn upstream_of(stream: &StreamState) -> Upstreamed {
    if upstreamed(stream) {
        Upstreamed::Yes
    } else {
        Upstreamed::No
    }
}

fn upstreamed(stream: &StreamState) -> bool {
    match (stream.http(), stream.tcp()) {
        (Some(http), _) => http.request.passed.headers.is_some(),
        (None, Some(tcp)) => tcp.has_bytes(),
        (None, None) => false,
    }
}
