//! Buffers: the VM's and the plugin's configuration, the bodies of HTTP streams, and the bytes of TCP streams. Nothing
//! fills the others yet: they read as Envoy's do then.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::{BufferType, Status};
use crate::buffer_edit;
use crate::calls::http::HttpAnswer;
use crate::http::body::Body;
use crate::tcp::state::Flow;
use crate::vm::memory::{Guest, ReturnSlot, Span};
use crate::vm::state::State;
use crate::vm::stream_state::{StreamKind, StreamState};

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_buffer_bytes",
        |caller: Caller<'_, State>, buffer: u32, start: u32, max: u32, pointer: u32, size: u32| {
            let slot = ReturnSlot::new(pointer, size);
            let numbers = [
                ("buffer", buffer.into()),
                ("start", start.into()),
                ("max", max.into()),
            ];
            answer(caller, "proxy_get_buffer_bytes", &numbers, |guest| {
                bytes(guest, buffer, start, max, slot)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_buffer_status",
        |caller: Caller<'_, State>, buffer: u32, size: u32, flags: u32| {
            answer(
                caller,
                "proxy_get_buffer_status",
                &[("buffer", buffer.into())],
                |guest| status(guest, buffer, size, flags),
            )
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_buffer_bytes",
        |caller: Caller<'_, State>, buffer: u32, start: u32, length: u32, pointer: u32, size: u32| {
            let data = Span::new(pointer, size);
            let numbers = [
                ("buffer", buffer.into()),
                ("start", start.into()),
                ("length", length.into()),
            ];
            answer(caller, "proxy_set_buffer_bytes", &numbers, |guest| {
                set_bytes(guest, buffer, start, length, data)
            })
        },
    )?;
    Ok(())
}

fn bytes(guest: &mut Guest<'_>, buffer: u32, start: u32, max: u32, slot: ReturnSlot) -> Answer {
    let bytes = cut(buffer_of(guest.state(), buffer)?, start, max).to_vec();
    guest.give("bytes", &bytes, slot)
}

fn status(guest: &mut Guest<'_>, buffer: u32, size: u32, flags: u32) -> Answer {
    let length = buffer_of(guest.state(), buffer)?.len();
    let length = u32::try_from(length).map_err(|_| Status::InternalFailure)?;
    guest.write_u32("size", size, length)?;
    guest.write_u32("flags", flags, 0)
}

/// Only the bytes of a stream and a gRPC message can be changed; any other buffer that is there is a bad argument.
fn set_bytes(guest: &mut Guest<'_>, buffer: u32, start: u32, length: u32, data: Span) -> Answer {
    let kind = buffer_type(buffer)?;
    buffer_of(guest.state(), buffer)?;
    let data = guest.read("bytes", data)?;
    if kind == BufferType::GrpcReceiveBuffer {
        let received = guest.state().received_mut();
        let message = received.and_then(|received| received.message.as_mut());
        let message = message.ok_or(Status::BadArgument)?;
        return Ok(buffer_edit::replace(message, start, length, &data)?);
    }
    let stream = guest.state().stream_mut().ok_or(Status::BadArgument)?;
    let changed = match &mut stream.kind {
        StreamKind::Http(http) => http.body_mut(kind).map(|body| body.replace(start, length, &data)),
        StreamKind::Tcp(tcp) => tcp.flow_mut(kind).map(|flow| flow.replace(start, length, &data)),
    };
    Ok(changed.unwrap_or(Err(Status::BadArgument))?)
}

fn buffer_type(number: u32) -> Result<BufferType, Status> {
    BufferType::try_from(number).map_err(|_| Status::BadArgument)
}

fn buffer_of(state: &State, buffer: u32) -> Result<&[u8], Status> {
    let kind = buffer_type(buffer)?;
    match kind {
        BufferType::VmConfiguration => Ok(&state.vm_configuration),
        BufferType::PluginConfiguration => state.plugin_configuration.as_deref().ok_or(Status::NotFound),
        BufferType::DownstreamData | BufferType::UpstreamData => {
            let flow = state.tcp().and_then(|tcp| tcp.flow(kind));
            Ok(flow.map_or(&[], Flow::readable))
        }
        BufferType::HttpCallResponseBody => {
            let answer = state.received().and_then(|received| received.answer.as_ref());
            answer.map(HttpAnswer::bytes).ok_or(Status::NotFound)
        }
        BufferType::GrpcReceiveBuffer => {
            let message = state.received().and_then(|received| received.message.as_deref());
            Ok(message.unwrap_or_default())
        }
        BufferType::HttpRequestBody | BufferType::HttpResponseBody => {
            let body = state.stream().and_then(StreamState::http);
            let body = body.and_then(|http| http.body(kind));
            Ok(body.map_or(&[], Body::readable))
        }
        BufferType::CallData => state.call_data.as_deref().ok_or(Status::NotFound),
    }
}

/// At most `max` bytes from `start` on; behind the end there are none, as in Envoy.
fn cut(bytes: &[u8], start: u32, max: u32) -> &[u8] {
    let place = |number| usize::try_from(number).unwrap_or(usize::MAX);
    let rest = bytes.get(place(start)..).unwrap_or_default();
    rest.get(..place(max)).unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_stays_within_the_buffer() {
        let expected: [(u32, u32, &[u8]); 6] = [
            (0, 4, b"abcd"),
            (0, u32::MAX, b"abcd"),
            (1, 2, b"bc"),
            (4, 1, b""),
            (5, 1, b""),
            (u32::MAX, u32::MAX, b""),
        ];
        for (start, max, expected) in expected {
            assert_eq!(cut(b"abcd", start, max), expected, "{start} {max}");
        }
    }
}
