//! Answers, failures and ticks: what comes back to the root context that began it.

use crate::abi::{GrpcStatus, Status};
use crate::calls::grpc_answer::{GrpcAnswer, GrpcReceived, with_details};
use crate::calls::grpc_service::Unreachable;
use crate::calls::http::{HttpAnswer, size};
use crate::calls::ids::CallKind;
use crate::calls::root::{CallStatus, RootCalls};
use crate::calls::state::{Calls, Refused};
use crate::calls::time::Due;
use crate::headers::Headers;
use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::trap::Trap;

/// What is due now.
pub(crate) fn fire(vm: &mut Vm, due: Due) -> Result<(), Trap> {
    match due {
        Due::Tick(root) => tick(vm, root),
        Due::HttpTimeout { root, id } => http_answered(vm, root, id, HttpAnswer::timed_out()),
        Due::GrpcTimeout { root, id } => grpc_answered(vm, root, id, GrpcAnswer::TimedOut),
    }
}

/// A plugin without the callback is not called, and its timer stands.
pub(crate) fn tick(vm: &mut Vm, root: u32) -> Result<(), Trap> {
    let Some(on_tick) = vm.exports.tick.clone() else {
        of(vm, root, |calls| calls.timer = None);
        return Ok(());
    };
    vm.call((Callback::Tick, root), &on_tick, root)?;
    calls(vm).rearm(root);
    Ok(())
}

/// The answer is there to be read while the plugin is told of it.
pub(crate) fn http_answered(vm: &mut Vm, root: u32, id: u32, answer: HttpAnswer) -> Result<(), Trap> {
    let sizes = answer.sizes();
    of(vm, root, |calls| calls.received.answer = Some(answer));
    http_response(vm, root, id, sizes)?;
    of(vm, root, |calls| {
        calls.received.answer = None;
        calls.http.remove(&id);
    });
    Ok(())
}

/// A call that broke off has no answer, and the status says why.
pub(crate) fn http_failed(vm: &mut Vm, root: u32, id: u32) -> Result<(), Trap> {
    let status = CallStatus {
        code: Status::BrokenConnection.number(),
        message: b"reset".to_vec(),
    };
    of(vm, root, |calls| calls.status = status);
    http_response(vm, root, id, [0, 0, 0])?;
    of(vm, root, |calls| {
        calls.status.message.clear();
        calls.http.remove(&id);
    });
    Ok(())
}

fn http_response(vm: &mut Vm, root: u32, id: u32, sizes: [u32; 3]) -> Result<(), Trap> {
    let [headers, body, trailers] = sizes;
    match vm.exports.http_call_response.clone() {
        Some(response) => {
            let parameters = (root, id, headers, body, trailers);
            vm.call((Callback::HttpCallResponse, root), &response, parameters)
        }
        None => Ok(()),
    }
}

/// Of a call a plugin hears once: of its message, or of its failure.
pub(crate) fn grpc_answered(vm: &mut Vm, root: u32, id: u32, answer: GrpcAnswer) -> Result<(), Trap> {
    match answer {
        GrpcAnswer::Message(message) => {
            grpc_message(vm, root, id, message)?;
            of(vm, root, |calls| calls.grpc_calls.remove(&id));
            Ok(())
        }
        GrpcAnswer::Failed {
            status: GrpcStatus::Ok,
            message: _,
        } => grpc_closed(vm, root, id, GrpcStatus::Internal, Vec::new()),
        GrpcAnswer::Failed { status, message } => {
            grpc_closed(vm, root, id, status, with_details(&message, VIA_UPSTREAM))
        }
        GrpcAnswer::TimedOut => {
            let message = with_details(b"upstream request timeout", "response_timeout");
            grpc_closed(vm, root, id, GrpcStatus::Unavailable, message)
        }
    }
}

/// What Envoy knows of a response that came from the upstream.
const VIA_UPSTREAM: &str = "via_upstream";

/// What comes in on a stream.
pub(crate) fn grpc_received(vm: &mut Vm, root: u32, id: u32, received: GrpcReceived) -> Result<(), Trap> {
    match received {
        GrpcReceived::InitialMetadata(metadata) => initial_metadata(vm, root, id, metadata),
        GrpcReceived::Message(message) => grpc_message(vm, root, id, message),
        GrpcReceived::Closed {
            trailing_metadata: metadata,
            status,
            message,
        } => {
            trailing_metadata(vm, root, id, metadata)?;
            of(vm, root, |calls| {
                if let Some(open) = calls.grpc_streams.get_mut(&id) {
                    open.closed_there = true;
                }
            });
            grpc_closed(vm, root, id, status, with_details(&message, VIA_UPSTREAM))
        }
    }
}

/// Tells of a gRPC call that failed in its hostcall. Where there is no host Envoy answers in its place, and of an answer to a
/// stream there is metadata; Envoy tells of that within the hostcall.
pub(crate) fn grpc_refused(vm: &mut Vm, refused: &Refused) -> Result<(), Trap> {
    let Refused { root, id, kind, why } = *refused;
    let message = match why {
        Unreachable::Unknown => b"Cluster not available".to_vec(),
        Unreachable::NoHost => with_details(NO_HOST, "no_healthy_upstream"),
    };
    if (kind, why) == (CallKind::GrpcStream, Unreachable::NoHost) {
        initial_metadata(vm, root, id, Headers::new())?;
        trailing_metadata(vm, root, id, no_host_answer())?;
    }
    grpc_closed(vm, root, id, GrpcStatus::Unavailable, message)
}

const NO_HOST: &[u8] = b"no healthy upstream";

/// Headers alone are an answer too, and count as trailing metadata.
fn no_host_answer() -> Headers {
    let status = GrpcStatus::Unavailable.number().to_string();
    let pairs: [(&str, &[u8]); 4] = [
        (":status", b"200"),
        ("content-type", b"application/grpc"),
        ("grpc-status", status.as_bytes()),
        ("grpc-message", NO_HOST),
    ];
    Headers::from_iter(pairs)
}

fn initial_metadata(vm: &mut Vm, root: u32, id: u32, metadata: Headers) -> Result<(), Trap> {
    let Some(receive) = vm.exports.grpc_receive_initial_metadata.clone() else {
        return Ok(());
    };
    let count = size(metadata.len());
    of(vm, root, |calls| calls.received.initial_metadata = Some(metadata));
    vm.call(
        (Callback::GrpcReceiveInitialMetadata, root),
        &receive,
        (root, id, count),
    )?;
    of(vm, root, |calls| calls.received.initial_metadata = None);
    Ok(())
}

fn trailing_metadata(vm: &mut Vm, root: u32, id: u32, metadata: Headers) -> Result<(), Trap> {
    let Some(receive) = vm.exports.grpc_receive_trailing_metadata.clone() else {
        return Ok(());
    };
    let count = size(metadata.len());
    of(vm, root, |calls| {
        calls.received.trailing_metadata = Some(metadata)
    });
    vm.call(
        (Callback::GrpcReceiveTrailingMetadata, root),
        &receive,
        (root, id, count),
    )?;
    of(vm, root, |calls| calls.received.trailing_metadata = None);
    Ok(())
}

fn grpc_message(vm: &mut Vm, root: u32, id: u32, message: Vec<u8>) -> Result<(), Trap> {
    let Some(receive) = vm.exports.grpc_receive.clone() else {
        return Ok(());
    };
    let bytes = size(message.len());
    of(vm, root, |calls| calls.received.message = Some(message));
    vm.call((Callback::GrpcReceive, root), &receive, (root, id, bytes))?;
    of(vm, root, |calls| calls.received.message = None);
    Ok(())
}

/// A plugin without the callback keeps the status that it had, as in Envoy.
fn grpc_closed(vm: &mut Vm, root: u32, id: u32, status: GrpcStatus, message: Vec<u8>) -> Result<(), Trap> {
    if let Some(close) = vm.exports.grpc_close.clone() {
        let code = status.number();
        of(vm, root, |calls| calls.status = CallStatus { code, message });
        vm.call((Callback::GrpcClose, root), &close, (root, id, code))?;
        of(vm, root, |calls| calls.status.message.clear());
    }
    of(vm, root, |calls| {
        calls.grpc_calls.remove(&id);
        calls.forget_closed(id);
    });
    Ok(())
}

/// Changes what a root context has begun; one that is gone meanwhile has nothing.
fn of<T>(vm: &mut Vm, root: u32, change: impl FnOnce(&mut RootCalls) -> T) {
    calls(vm).root_mut(root).map(change);
}

fn calls(vm: &mut Vm) -> &mut Calls {
    &mut vm.state_mut().calls
}
