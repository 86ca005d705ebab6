//! Continuing and closing streams.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::{Status, StreamType};
use crate::memory::Guest;
use crate::state::State;
use crate::tcp_state::Asked;
use crate::trap::{HostTrap, TrapCause};

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_continue_stream",
        |caller: Caller<'_, State>, stream: u32| {
            answer(caller, "proxy_continue_stream", |guest| {
                continue_stream(guest, stream)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_close_stream",
        |caller: Caller<'_, State>, stream: u32| {
            answer(caller, "proxy_close_stream", |guest| close_stream(guest, stream))
        },
    )?;
    Ok(())
}

fn continue_stream(guest: &mut Guest<'_>, stream: u32) -> Answer {
    match stream_type(stream)? {
        StreamType::HttpRequest | StreamType::HttpResponse => of_http(guest, "proxy_continue_stream"),
        StreamType::Downstream => ask(guest, Asked::Continue),
        StreamType::Upstream => Err(Status::Unimplemented.into()),
    }
}

/// Either side of a TCP stream stands for its one downstream connection, as in Envoy.
fn close_stream(guest: &mut Guest<'_>, stream: u32) -> Answer {
    match stream_type(stream)? {
        StreamType::HttpRequest | StreamType::HttpResponse => of_http(guest, "proxy_close_stream"),
        StreamType::Downstream | StreamType::Upstream => ask(guest, Asked::Close),
    }
}

/// Where there is no HTTP stream there is nothing to do, and Envoy answers OK.
fn of_http(guest: &mut Guest<'_>, hostcall: &'static str) -> Answer {
    match guest.state().stream() {
        Some(stream) if stream.tcp.is_none() => Err(HostTrap(TrapCause::NotServed { hostcall }).into()),
        Some(_) | None => Ok(()),
    }
}

/// Where there is no connection there is nothing to do, and Envoy answers OK.
fn ask(guest: &mut Guest<'_>, asked: Asked) -> Answer {
    if let Some(tcp) = guest.state().tcp_mut() {
        tcp.asked.push(asked);
    }
    Ok(())
}

fn stream_type(number: u32) -> Result<StreamType, Status> {
    StreamType::try_from(number).map_err(|_| Status::BadArgument)
}
