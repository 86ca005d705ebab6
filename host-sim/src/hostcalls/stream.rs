//! Continuing and closing streams.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::{Status, StreamType};
use crate::vm::asked::Wish;
use crate::vm::memory::Guest;
use crate::vm::state::State;
use crate::vm::trap::{HostTrap, TrapCause};

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

fn continue_stream(guest: &mut Guest<'_>, stream: u32) -> Answer {
    let stream = stream_type(stream)?;
    match stream {
        StreamType::HttpRequest | StreamType::HttpResponse => of_http(guest, "proxy_continue_stream"),
        StreamType::Downstream => {
            guest.state().ask(Wish::Continue(stream));
            Ok(())
        }
        StreamType::Upstream => Err(Status::Unimplemented.into()),
    }
}

/// Either side of a TCP stream stands for its one downstream connection, as in Envoy.
fn close_stream(guest: &mut Guest<'_>, stream: u32) -> Answer {
    let stream = stream_type(stream)?;
    match stream {
        StreamType::HttpRequest | StreamType::HttpResponse => of_http(guest, "proxy_close_stream"),
        StreamType::Downstream | StreamType::Upstream => {
            guest.state().ask(Wish::Close(stream));
            Ok(())
        }
    }
}

/// Where there is no HTTP stream there is nothing to do, and Envoy answers OK.
fn of_http(guest: &mut Guest<'_>, hostcall: &'static str) -> Answer {
    match guest.state().stream() {
        Some(stream) if stream.http().is_some() => Err(HostTrap(TrapCause::NotServed { hostcall }).into()),
        Some(_) | None => Ok(()),
    }
}

fn stream_type(number: u32) -> Result<StreamType, Status> {
    StreamType::try_from(number).map_err(|_| Status::BadArgument)
}
