//! Local replies.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::headers::Headers;
use crate::http::local_reply::{self, LocalReply};
use crate::vm::asked::Wish;
use crate::vm::memory::{Guest, Span};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(ENV, "proxy_send_local_response", send_local_response)?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the ABI's own parameter list")]
fn send_local_response(
    caller: Caller<'_, State>,
    status: u32,
    details: u32,
    details_size: u32,
    body: u32,
    body_size: u32,
    headers: u32,
    headers_size: u32,
    grpc_status: u32,
) -> wasmtime::Result<u32> {
    let given = Given {
        status,
        details: Span::new(details, details_size),
        body: Span::new(body, body_size),
        headers: Span::new(headers, headers_size),
        grpc_status,
    };
    let numbers = [("status", status.into()), ("grpc_status", grpc_status.into())];
    answer(caller, "proxy_send_local_response", &numbers, |guest| {
        send(guest, given)
    })
}

/// The arguments, not read yet.
struct Given {
    status: u32,
    details: Span,
    body: Span,
    headers: Span,
    grpc_status: u32,
}

/// Outside a stream there is nobody to reply to: Envoy answers OK all the same, and so does this.
fn send(guest: &mut Guest<'_>, given: Given) -> Answer {
    let reply = LocalReply {
        status: given.status,
        details: local_reply::details(&guest.read("details", given.details)?),
        body: guest.read("body", given.body)?,
        headers: Headers::from_iter(guest.read_pairs("headers", given.headers)?),
        grpc_status: local_reply::grpc_status(given.grpc_status),
    };
    guest.state().replied = true;
    guest.state().ask(Wish::Reply(reply));
    Ok(())
}
