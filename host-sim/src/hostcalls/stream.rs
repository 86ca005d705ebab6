//! Continuing and closing streams.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::{Status, StreamType};
use crate::vm::asked::Wish;
use crate::vm::memory::Guest;
use crate::vm::state::State;
use crate::vm::stream_state::StreamState;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_continue_stream",
        |caller: Caller<'_, State>, stream: u32| {
            answer(
                caller,
                "proxy_continue_stream",
                &[("stream", stream.into())],
                |guest| continue_stream(guest, stream),
            )
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_close_stream",
        |caller: Caller<'_, State>, stream: u32| {
            answer(
                caller,
                "proxy_close_stream",
                &[("stream", stream.into())],
                |guest| close_stream(guest, stream),
            )
        },
    )?;
    Ok(())
}

/// Either direction of an HTTP stream takes the maps and the body of its request away, and at once, as in Envoy.
pub(super) fn continue_stream(guest: &mut Guest<'_>, stream: u32) -> Answer {
    let stream = stream_type(stream)?;
    match stream {
        StreamType::HttpRequest | StreamType::HttpResponse => {
            if let Some(http) = guest.state().stream_mut().and_then(StreamState::http_mut) {
                http.request.shut();
            }
        }
        StreamType::Downstream => {}
        StreamType::Upstream => return Err(Status::Unimplemented.into()),
    }
    guest.state().ask(Wish::Continue(stream));
    Ok(())
}

/// Either side of a stream stands for the whole of it, as in Envoy.
fn close_stream(guest: &mut Guest<'_>, stream: u32) -> Answer {
    let stream = stream_type(stream)?;
    guest.state().ask(Wish::Close(stream));
    Ok(())
}

fn stream_type(number: u32) -> Result<StreamType, Status> {
    StreamType::try_from(number).map_err(|_| Status::BadArgument)
}
