//! Takes an HTTP stream from one callback to the next.

use crate::abi::StreamType;
use crate::http::direction::Direction;
use crate::http::flow::Iteration;
use crate::http::state::{End, HttpState, Life};
use crate::http::{answer, resume};
use crate::outcome::Outcome;
use crate::vm::Vm;
use crate::vm::asked::Wish;
use crate::vm::trap::Trap;

/// What Envoy records as the details of a stream that the plugin closed, where there are none yet.
const CLOSED_BY_PLUGIN: &[u8] = b"wasm_close_stream";

/// What it records where the application answered.
const ANSWERED: &[u8] = b"via_upstream";

/// What it records where the client went away.
const CLIENT_GONE: &[u8] = b"downstream_remote_disconnect";

/// Whether the headers of this direction can come: those of a response only after a request that went on.
pub(crate) fn awaits_headers(vm: &mut Vm, id: u32, direction: Direction) -> bool {
    alive(vm, id).is_some_and(|http| match direction {
        Direction::Request => http.life == Life::Begun,
        Direction::Response => {
            let went_on = http.request.passed.headers.is_some();
            went_on && http.local_reply.is_none() && !http.response.headers.seen
        }
    })
}

/// Whether something can follow the headers of this direction.
pub(crate) fn awaits_more(vm: &mut Vm, id: u32, direction: Direction) -> bool {
    alive(vm, id).is_some_and(|http| {
        let answered = http.local_reply.is_some();
        let flow = direction.flow(http);
        flow.headers.seen && !flow.ended && !answered
    })
}

/// What an event of this direction has come to.
pub(crate) fn outcome(vm: &mut Vm, id: u32, direction: Direction) -> Outcome {
    let Some(http) = http(vm, id) else {
        return Outcome::OutOfOrder;
    };
    let paused = direction.flow(http).iteration != Iteration::Going;
    match (http.life, http.local_reply.clone()) {
        (Life::Over(End::Closed), _) => Outcome::Closed,
        (_, Some(reply)) => Outcome::LocalReply(reply),
        (_, None) if paused => Outcome::Pause,
        (_, None) => Outcome::Continue,
    }
}

/// Does what the plugin asked for this stream in the callback that has just returned.
pub(crate) fn carry_out_own(vm: &mut Vm, id: u32) -> Result<(), Trap> {
    while let Some(wish) = vm.state_mut().take_asked(id) {
        carry_out(vm, id, wish)?;
    }
    Ok(())
}

/// Does what the plugin asked for.
pub(crate) fn carry_out(vm: &mut Vm, id: u32, wish: Wish) -> Result<(), Trap> {
    match wish {
        Wish::Reply(reply) => answer::reply(vm, id, reply),
        Wish::Continue(StreamType::HttpRequest) => resume::go_on(vm, id, Direction::Request),
        Wish::Continue(StreamType::HttpResponse) => resume::go_on(vm, id, Direction::Response),
        Wish::Close(StreamType::HttpRequest | StreamType::HttpResponse) => close(vm, id),
        Wish::Continue(StreamType::Downstream | StreamType::Upstream)
        | Wish::Close(StreamType::Downstream | StreamType::Upstream)
        | Wish::Delete => Ok(()),
    }
}

/// Ends the stream: access log, done, delete, in Envoy's order.
pub(crate) fn end(vm: &mut Vm, id: u32, end: End) -> Result<(), Trap> {
    let Some(http) = alive(vm, id) else { return Ok(()) };
    let life = std::mem::replace(&mut http.life, Life::Over(end));
    let ended = if life == Life::Begun || vm.failure().is_some() {
        Ok(())
    } else {
        vm.log_stream(id)
            .and_then(|()| vm.done_stream(id))
            .and_then(|()| vm.delete_stream(id))
    };
    ended.and(vm.release_root(id))
}

/// Notes that the response comes from the application.
pub(crate) fn application_answers(vm: &mut Vm, id: u32) {
    if let Some(http) = alive(vm, id) {
        http.details = Some(ANSWERED.to_vec());
    }
}

/// The client resets the stream.
pub(crate) fn reset(vm: &mut Vm, id: u32) -> Result<(), Trap> {
    if let Some(http) = alive(vm, id) {
        http.details = Some(CLIENT_GONE.to_vec());
    }
    end(vm, id, End::Closed)
}

fn close(vm: &mut Vm, id: u32) -> Result<(), Trap> {
    let Some(http) = alive(vm, id) else { return Ok(()) };
    http.details.get_or_insert_with(|| CLOSED_BY_PLUGIN.to_vec());
    end(vm, id, End::Closed)
}

pub(crate) fn http(vm: &mut Vm, id: u32) -> Option<&mut HttpState> {
    vm.stream_mut(id)?.http_mut()
}

/// The stream, unless it is over.
pub(crate) fn alive(vm: &mut Vm, id: u32) -> Option<&mut HttpState> {
    http(vm, id).filter(|http| !http.is_over())
}
