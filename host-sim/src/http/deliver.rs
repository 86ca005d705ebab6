//! Takes in what comes from a peer, one direction like the other, and gives it to the plugin as Envoy's filter manager does.

use crate::headers::Headers;
use crate::http::body::Source;
use crate::http::chunks::{self, Chunk};
use crate::http::direction::Direction;
use crate::http::flow::Iteration;
use crate::http::resume::Start;
use crate::http::state::Life;
use crate::http::verdict::OfHeaders;
use crate::http::{call, drive, pass, trailing};
use crate::vm::Vm;
use crate::vm::stream_state::MapSlot;
use crate::vm::trap::Trap;

/// Takes headers in from the peer; the guest hears of the stream with the request's.
pub(crate) fn headers(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    headers: Headers,
    end: bool,
) -> Result<(), Trap> {
    let headers = Headers::arriving(direction.header_kind(), &headers);
    let count = headers.count();
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    http.note_status(direction, &headers);
    let flow = direction.flow(http);
    flow.headers = MapSlot::arrived(headers);
    flow.ended = end;
    flow.told_end = end;
    if http.life == Life::Begun {
        create(vm, id)?;
    }
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    http.end_of_stream = end;
    let verdict = call::headers(vm, id, direction, count, end)?.of_headers();
    after_headers(vm, id, direction, end, verdict);
    Ok(())
}

/// Takes bytes of the body in from the peer.
pub(crate) fn body(vm: &mut Vm, id: u32, direction: Direction, bytes: &[u8], end: bool) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    flow.body.arrive(bytes);
    flow.ended = end;
    let chunk = Chunk {
        source: Source::Arriving,
        end,
    };
    chunks::take_on(vm, id, direction, chunk, Start::Plugin)?;
    if let Some(http) = drive::http(vm, id) {
        direction.flow(http).body.drop_arriving();
    }
    Ok(())
}

/// Takes trailers in from the peer.
pub(crate) fn trailers(vm: &mut Vm, id: u32, direction: Direction, trailers: Headers) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    flow.ended = true;
    flow.trailers = Some(MapSlot {
        headers: trailers,
        open: false,
        seen: true,
    });
    trailing::take_on(vm, id, direction, Start::Plugin)
}

/// Makes the context in the guest, which cannot see the headers yet.
fn create(vm: &mut Vm, id: u32) -> Result<(), Trap> {
    enter(vm, id, Life::Creating);
    vm.create_context(id)?;
    drive::carry_out_own(vm, id)?;
    enter(vm, id, Life::Open);
    Ok(())
}

fn enter(vm: &mut Vm, id: u32, life: Life) {
    if let Some(http) = drive::alive(vm, id) {
        http.life = life;
        http.request.headers.open = life == Life::Open;
        http.request.running = life == Life::Creating;
    }
}

fn after_headers(vm: &mut Vm, id: u32, direction: Direction, end: bool, verdict: OfHeaders) {
    let Some(http) = drive::alive(vm, id) else { return };
    let answered = http.is_answered(direction);
    let flow = direction.flow(http);
    if verdict == OfHeaders::GoOn {
        flow.headers.open = false;
    }
    match verdict {
        _ if flow.aborted => flow.iteration = Iteration::Stopped,
        OfHeaders::StopAll => flow.iteration = Iteration::StoppedAll,
        OfHeaders::StopAllWithinLimit => {
            flow.iteration = Iteration::StoppedAll;
            flow.limited = true;
        }
        OfHeaders::GoOn => {
            flow.headers_went = true;
            if !answered {
                pass::headers(http, direction, end);
            }
        }
    }
}
