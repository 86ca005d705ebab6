//! Local replies.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::headers::Headers;
use crate::local_reply::{self, LocalReply};
use crate::memory::{Guest, Span};
use crate::state::State;

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
    answer(caller, "proxy_send_local_response", |guest| send(guest, given))
}

/// The arguments, not read yet.
struct Given {
    status: u32,
    details: Span,
    body: Span,
    headers: Span,
    grpc_status: u32,
}

/// The first reply of a stream goes out, but the details of the last are logged, as in Envoy.
fn keep(kept: &mut Option<LocalReply>, reply: LocalReply) {
    match kept {
        Some(first) => first.details = reply.details,
        None => *kept = Some(reply),
    }
}

/// Outside a stream there is nobody to reply to: Envoy answers OK all the same, and so does this.
fn send(guest: &mut Guest<'_>, given: Given) -> Answer {
    let reply = LocalReply {
        status: given.status,
        details: local_reply::details(&guest.read(given.details)?),
        body: guest.read(given.body)?,
        headers: Headers::from_iter(guest.read_pairs(given.headers)?),
        grpc_status: local_reply::grpc_status(given.grpc_status),
    };
    if let Some(stream) = guest.state().stream_mut() {
        keep(&mut stream.local_reply, reply);
    }
    Ok(())
}
