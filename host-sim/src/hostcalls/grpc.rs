//! gRPC calls and streams to other upstreams.

use std::time::Duration;

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::Status;
use crate::calls::grpc::{GrpcCall, GrpcRequest, GrpcStream};
use crate::calls::grpc_service::{self, GrpcTarget, Named};
use crate::calls::ids::CallKind;
use crate::calls::root::RootCalls;
use crate::calls::state::Refused;
use crate::headers::Headers;
use crate::vm::memory::{Guest, Refusal, Span};
use crate::vm::state::State;
use crate::vm::trap::{HostTrap, TrapCause};

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(ENV, "proxy_grpc_call", grpc_call)?;
    linker.func_wrap(ENV, "proxy_grpc_stream", grpc_stream)?;
    link_stream(linker)
}

fn link_stream(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_grpc_send",
        |caller: Caller<'_, State>, id: u32, message: u32, size: u32, end: u32| {
            let numbers = [("call_id", id.into()), ("end_of_stream", end.into())];
            answer(caller, "proxy_grpc_send", &numbers, |guest| {
                send(guest, id, Span::new(message, size), end)
            })
        },
    )?;
    linker.func_wrap(ENV, "proxy_grpc_close", |caller: Caller<'_, State>, id: u32| {
        answer(caller, "proxy_grpc_close", &[("call_id", id.into())], |guest| {
            end(guest, id, RootCalls::close_stream)
        })
    })?;
    linker.func_wrap(ENV, "proxy_grpc_cancel", |caller: Caller<'_, State>, id: u32| {
        answer(caller, "proxy_grpc_cancel", &[("call_id", id.into())], |guest| {
            end(guest, id, RootCalls::cancel_stream)
        })
    })?;
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "the ABI's own parameter list")]
fn grpc_call(
    caller: Caller<'_, State>,
    target: u32,
    target_size: u32,
    service: u32,
    service_size: u32,
    method: u32,
    method_size: u32,
    metadata: u32,
    metadata_size: u32,
    message: u32,
    message_size: u32,
    timeout: u32,
    call_id: u32,
) -> wasmtime::Result<u32> {
    let given = Given {
        target: Span::new(target, target_size),
        service: Span::new(service, service_size),
        method: Span::new(method, method_size),
        metadata: Span::new(metadata, metadata_size),
    };
    let message = Span::new(message, message_size);
    let numbers = [("timeout", timeout.into())];
    answer(caller, "proxy_grpc_call", &numbers, |guest| {
        let read = read(guest, &given)?;
        let message = guest.read("message", message)?;
        let timeout = Duration::from_millis(timeout.into());
        let id = call(guest, read, message, (!timeout.is_zero()).then_some(timeout))?;
        guest.write_u32("call_id", call_id, id)
    })
}

#[expect(clippy::too_many_arguments, reason = "the ABI's own parameter list")]
fn grpc_stream(
    caller: Caller<'_, State>,
    target: u32,
    target_size: u32,
    service: u32,
    service_size: u32,
    method: u32,
    method_size: u32,
    metadata: u32,
    metadata_size: u32,
    call_id: u32,
) -> wasmtime::Result<u32> {
    let given = Given {
        target: Span::new(target, target_size),
        service: Span::new(service, service_size),
        method: Span::new(method, method_size),
        metadata: Span::new(metadata, metadata_size),
    };
    answer(caller, "proxy_grpc_stream", &[], |guest| {
        let read = read(guest, &given)?;
        let id = stream(guest, read)?;
        guest.write_u32("call_id", call_id, id)
    })
}

/// The arguments that a call and a stream have in common, not read yet.
struct Given {
    target: Span,
    service: Span,
    method: Span,
    metadata: Span,
}

/// The same, read.
struct Read {
    named: Vec<u8>,
    service: Vec<u8>,
    method: Vec<u8>,
    initial_metadata: Headers,
}

impl Read {
    fn to(self, target: GrpcTarget) -> GrpcRequest {
        let Self {
            named: _,
            service,
            method,
            initial_metadata,
        } = self;
        GrpcRequest {
            target,
            service,
            method,
            initial_metadata,
        }
    }
}

fn read(guest: &mut Guest<'_>, given: &Given) -> Result<Read, Refusal> {
    Ok(Read {
        named: guest.read("target", given.target)?,
        service: guest.read("service", given.service)?,
        method: guest.read("method", given.method)?,
        initial_metadata: Headers::from_iter(guest.read_pairs("initial_metadata", given.metadata)?),
    })
}

fn call(
    guest: &mut Guest<'_>,
    read: Read,
    message: Vec<u8>,
    timeout: Option<Duration>,
) -> Result<u32, Refusal> {
    let (id, target) = begin(guest, CallKind::GrpcCall, &read.named)?;
    let context = guest.state().root();
    guest.state().calls.begin_grpc(GrpcCall {
        id,
        context,
        request: read.to(target),
        message,
        timeout,
    });
    Ok(id)
}

fn stream(guest: &mut Guest<'_>, read: Read) -> Result<u32, Refusal> {
    let (id, target) = begin(guest, CallKind::GrpcStream, &read.named)?;
    let context = guest.state().root();
    guest.state().calls.begin_stream(GrpcStream {
        id,
        context,
        request: read.to(target),
        sent: Vec::new(),
        ended: false,
    });
    Ok(id)
}

/// Numbers a call to what these bytes name. One that cannot be sent has used its number up, and its end is told. To a message
/// that names no target Envoy has no answer, and neither has this host.
fn begin(guest: &mut Guest<'_>, kind: CallKind, named: &[u8]) -> Result<(u32, GrpcTarget), Refusal> {
    let state = guest.state();
    let named = grpc_service::named(named, &state.calls.clusters);
    match named {
        Named::Target(target) => Ok((state.calls.new_id(kind), target)),
        Named::Unreachable(why) => {
            let (root, id) = (state.root(), state.calls.new_id(kind));
            state.calls.refuse(Refused { root, id, kind, why });
            Err(Status::InternalFailure.into())
        }
        Named::NoService => Err(Status::ParseFailure.into()),
        Named::Nothing => Err(HostTrap(TrapCause::NotServed {
            hostcall: hostcall_of(kind),
        })
        .into()),
    }
}

const fn hostcall_of(kind: CallKind) -> &'static str {
    match kind {
        CallKind::Http => "proxy_http_call",
        CallKind::GrpcCall => "proxy_grpc_call",
        CallKind::GrpcStream => "proxy_grpc_stream",
    }
}

/// Only a stream takes messages.
fn send(guest: &mut Guest<'_>, id: u32, message: Span, end: u32) -> Answer {
    let message = guest.read("message", message)?;
    match CallKind::of(id) {
        Some(CallKind::GrpcStream) => Ok(of(guest, |calls| calls.send(id, message, end != 0))?),
        Some(CallKind::Http | CallKind::GrpcCall) | None => Err(Status::BadArgument.into()),
    }
}

/// Closing and cancelling differ for streams only.
fn end(guest: &mut Guest<'_>, id: u32, end_stream: fn(&mut RootCalls, u32) -> Result<(), Status>) -> Answer {
    match CallKind::of(id) {
        Some(CallKind::GrpcCall) => Ok(of(guest, |calls| calls.cancel_call(id))?),
        Some(CallKind::GrpcStream) => Ok(of(guest, |calls| end_stream(calls, id))?),
        Some(CallKind::Http) | None => Err(Status::BadArgument.into()),
    }
}

/// What the root context in effect has begun; another one's calls are not its own.
fn of<T>(
    guest: &mut Guest<'_>,
    change: impl FnOnce(&mut RootCalls) -> Result<T, Status>,
) -> Result<T, Status> {
    let state = guest.state();
    let root = state.root();
    state
        .calls
        .root_mut(root)
        .ok_or(Status::NotFound)
        .and_then(change)
}
