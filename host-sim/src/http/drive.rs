//! Takes an HTTP stream from one callback to the next.

use crate::abi::Action;
use crate::headers::Headers;
use crate::http::direction::{Direction, Stage};
use crate::http::local_reply::LocalReply;
use crate::http::state::HttpState;
use crate::outcome::{EndOfStream, Outcome};
use crate::vm::Vm;
use crate::vm::asked::Wish;
use crate::vm::stream_state::MapSlot;
use crate::vm::trap::Trap;

/// Gives the plugin headers that it awaits.
pub(crate) fn headers(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    headers: Headers,
    end: EndOfStream,
) -> Result<(), Trap> {
    let action = run_headers(vm, id, direction, headers, end)?;
    if let Some(http) = http(vm, id) {
        direction.slot(http).open = action == Action::Pause;
    }
    Ok(())
}

/// Response headers come only after a request that went on.
pub(crate) fn awaits(vm: &mut Vm, id: u32, direction: Direction) -> bool {
    http(vm, id).is_some_and(|http| {
        let stopped = http.local_reply.is_some() || http.request_headers.open || http.response_headers.open;
        !stopped && http.stage == direction.stage_before()
    })
}

/// What the headers have come to.
pub(crate) fn outcome(vm: &mut Vm, id: u32, direction: Direction) -> Outcome {
    match http(vm, id) {
        None => Outcome::OutOfOrder,
        Some(http) => match http.local_reply.clone() {
            Some(reply) => Outcome::LocalReply(reply),
            None if direction.slot(http).open => Outcome::Pause,
            None => Outcome::Continue,
        },
    }
}

/// Does what the plugin asked for.
pub(crate) fn carry_out(vm: &mut Vm, id: u32, wish: Wish) -> Result<(), Trap> {
    match wish {
        Wish::Reply(reply) => local_reply(vm, id, reply),
        Wish::Continue(_) | Wish::Close(_) => Ok(()),
    }
}

/// Ends the stream: access log, done, delete, in Envoy's order.
pub(crate) fn finish(vm: &mut Vm, id: u32) -> Result<(), Trap> {
    let Some(http) = http(vm, id) else { return Ok(()) };
    let stage = std::mem::replace(&mut http.stage, Stage::Finished);
    let ended = if matches!(stage, Stage::Begun | Stage::Finished) || vm.failure().is_some() {
        Ok(())
    } else {
        vm.log_stream(id)
            .and_then(|()| vm.done_stream(id))
            .and_then(|()| vm.delete_stream(id))
    };
    ended.and(vm.release_root(id))
}

/// The first reply of a stream goes out, but the details of the last are logged; a reply to the request passes the plugin
/// on its way out; all as in Envoy.
fn local_reply(vm: &mut Vm, id: u32, reply: LocalReply) -> Result<(), Trap> {
    let Some(http) = http(vm, id) else { return Ok(()) };
    if let Some(first) = &mut http.local_reply {
        first.details = reply.details;
        return Ok(());
    }
    http.local_reply = Some(reply.clone());
    if http.stage != Stage::RequestHeaders {
        return Ok(());
    }
    let request = http.request_headers.headers.clone();
    let end = if reply.ends_with_headers(&request) {
        EndOfStream::Yes
    } else {
        EndOfStream::No
    };
    run_headers(vm, id, Direction::Response, reply.sent_headers(&request), end).map(drop)
}

fn run_headers(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    headers: Headers,
    end: EndOfStream,
) -> Result<Action, Trap> {
    if http(vm, id).is_some_and(|http| http.stage == Stage::Begun) {
        vm.create_context(id)?;
    }
    let count = u32::try_from(headers.len()).unwrap_or(u32::MAX);
    if let Some(http) = http(vm, id) {
        http.stage = direction.stage();
        *direction.slot(http) = MapSlot::arrived(headers);
    }
    let Some(function) = direction.export(vm).clone() else {
        return Ok(Action::Continue);
    };
    let parameters = (id, count, u32::from(end == EndOfStream::Yes));
    let action = vm.call((direction.callback(), id), &function, parameters)?;
    Ok(Action::try_from(action).unwrap_or(Action::Pause))
}

fn http(vm: &mut Vm, id: u32) -> Option<&mut HttpState> {
    vm.stream_mut(id)?.http_mut()
}
