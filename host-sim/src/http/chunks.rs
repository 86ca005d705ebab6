//! Takes bytes of a body through the plugin, or past it.

use crate::http::body::Source;
use crate::http::direction::Direction;
use crate::http::flow::Iteration;
use crate::http::resume::{self, Start};
use crate::http::state::HttpState;
use crate::http::verdict::OfBody;
use crate::http::{call, drive, pass, too_large, trailing};
use crate::vm::Vm;
use crate::vm::trap::Trap;

/// Bytes that are on their way.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) source: Source,
    /// Nothing follows.
    pub(crate) end: bool,
}

pub(crate) fn take_on(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    chunk: Chunk,
    start: Start,
) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    if http.is_answered(direction) {
        return Ok(());
    }
    match start {
        Start::BehindPlugin => {
            pass::bytes(http, direction, chunk);
            Ok(())
        }
        Start::Plugin => to_plugin(vm, id, direction, chunk),
    }
}

fn to_plugin(vm: &mut Vm, id: u32, direction: Direction, chunk: Chunk) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    if flow.iteration == Iteration::StoppedAll {
        flow.body.hold(chunk.source);
        return too_large::answer(vm, id, direction);
    }
    if flow.told_end {
        return Ok(());
    }
    flow.told_end = chunk.end && flow.trailers.is_none();
    if flow.body.gathering {
        flow.body.hold(chunk.source);
        too_large::answer(vm, id, direction)?;
    }
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    if direction.flow(http).too_large {
        return Ok(());
    }
    show(vm, id, direction, chunk)
}

/// Calls the plugin, and does with the bytes as it wants.
fn show(vm: &mut Vm, id: u32, direction: Direction, chunk: Chunk) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    let had_trailers = flow.trailers.is_some();
    flow.body.shown = Some(chunk.source);
    let told_end = flow.told_end;
    let size = u32::try_from(flow.body.readable().len()).unwrap_or(u32::MAX);
    http.end_of_stream = told_end;
    let verdict = call::body(vm, id, direction, size, told_end)?.of_body();
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let verdict = after_call(http, direction, verdict);
    let added = !had_trailers && direction.flow(http).trailers.is_some();
    let chunk = Chunk {
        end: chunk.end && !added,
        ..chunk
    };
    let went = settle(vm, id, direction, chunk, verdict)?;
    // Envoy lets trailers that were added to a request go on even where the plugin holds the body.
    if added && (went || direction == Direction::Request) {
        trailing::take_on(vm, id, direction, Start::BehindPlugin)?;
    }
    Ok(())
}

/// What the plugin sees of the body from now on; and the verdict, which a local reply overrules.
fn after_call(http: &mut HttpState, direction: Direction, verdict: OfBody) -> OfBody {
    let flow = direction.flow(http);
    flow.body.gathering = verdict == OfBody::Gather;
    if verdict == OfBody::GoOn {
        flow.body.shown = None;
    }
    if flow.aborted { OfBody::Drop } else { verdict }
}

/// Does with the bytes as the plugin wants; tells whether they went on.
fn settle(vm: &mut Vm, id: u32, direction: Direction, chunk: Chunk, verdict: OfBody) -> Result<bool, Trap> {
    match verdict {
        OfBody::GoOn => return go_on(vm, id, direction, chunk),
        OfBody::Gather => hold(vm, id, direction, chunk, true),
        OfBody::Hold => hold(vm, id, direction, chunk, false),
        OfBody::Drop => {
            if let Some(http) = drive::alive(vm, id) {
                drop_bytes(http, direction);
            }
        }
    }
    too_large::answer(vm, id, direction).map(|()| false)
}

fn go_on(vm: &mut Vm, id: u32, direction: Direction, chunk: Chunk) -> Result<bool, Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(false);
    };
    let answered = http.is_answered(direction);
    let flow = direction.flow(http);
    if flow.iteration == Iteration::Stopped {
        flow.body.hold(chunk.source);
        resume::go_on(vm, id, direction)?;
        return Ok(false);
    }
    if !answered {
        pass::bytes(http, direction, chunk);
    }
    Ok(!answered)
}

fn hold(vm: &mut Vm, id: u32, direction: Direction, chunk: Chunk, limited: bool) {
    if let Some(http) = drive::alive(vm, id) {
        let flow = direction.flow(http);
        flow.limited = limited;
        flow.body.hold(chunk.source);
        flow.iteration = Iteration::Stopped;
    }
}

/// The end of a body that is lost is held all the same, so that it can go on.
fn drop_bytes(http: &mut HttpState, direction: Direction) {
    let flow = direction.flow(http);
    flow.iteration = Iteration::Stopped;
    if flow.ended && flow.trailers.is_none() && !flow.body.is_held() && !flow.aborted {
        flow.body.drop_arriving();
        flow.body.hold(Source::Arriving);
    }
}
