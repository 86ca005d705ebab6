//! Takes headers, bytes and trailers through the plugin, one direction like the other, as Envoy's filter manager does.

use crate::headers::Headers;
use crate::http::body::Source;
use crate::http::direction::Direction;
use crate::http::flow::Iteration;
use crate::http::resume;
use crate::http::state::{HttpState, Life};
use crate::http::verdict::{OfBody, OfHeaders, OfTrailers};
use crate::http::{call, drive, pass};
use crate::vm::Vm;
use crate::vm::stream_state::MapSlot;
use crate::vm::trap::Trap;

/// Where bytes and trailers go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Plugin,
    BehindPlugin,
}

/// Takes headers in from the peer; the guest hears of the stream with the request's.
pub(crate) fn headers(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    headers: Headers,
    end: bool,
) -> Result<(), Trap> {
    let count = count(&headers);
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
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
    bytes_on(vm, id, direction, Source::Arriving, end, Start::Plugin)?;
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
    trailers_on(vm, id, direction, Start::Plugin)
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
    let answered = answered(http, direction);
    let flow = direction.flow(http);
    if verdict == OfHeaders::GoOn {
        flow.headers.open = false;
    }
    match verdict {
        _ if flow.aborted => flow.iteration = Iteration::Stopped,
        OfHeaders::StopAll => flow.iteration = Iteration::StoppedAll,
        OfHeaders::GoOn => {
            flow.headers_went = true;
            if !answered {
                pass::headers(http, direction, end);
            }
        }
    }
}

/// Takes bytes through the plugin, or past it.
pub(crate) fn bytes_on(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    source: Source,
    end: bool,
    start: Start,
) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    if answered(http, direction) {
        return Ok(());
    }
    match start {
        Start::BehindPlugin => {
            pass::bytes(http, direction, source, end);
            Ok(())
        }
        Start::Plugin => through_plugin(vm, id, direction, source, end),
    }
}

fn through_plugin(vm: &mut Vm, id: u32, direction: Direction, source: Source, end: bool) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    if flow.iteration == Iteration::StoppedAll {
        flow.body.hold(source);
        return Ok(());
    }
    if flow.told_end {
        return Ok(());
    }
    let had_trailers = flow.trailers.is_some();
    flow.told_end = end && !had_trailers;
    if flow.body.gathering {
        flow.body.hold(source);
    }
    flow.body.shown = Some(source);
    let told_end = flow.told_end;
    let size = u32::try_from(flow.body.readable().len()).unwrap_or(u32::MAX);
    http.end_of_stream = told_end;
    let verdict = call::body(vm, id, direction, size, told_end)?.of_body();
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let verdict = after_body(http, direction, verdict);
    let added = !had_trailers && direction.flow(http).trailers.is_some();
    let went = settle_body(vm, id, direction, source, end && !added, verdict)?;
    // Envoy lets trailers that were added to a request go on even where the plugin holds the body.
    if added && (went || direction == Direction::Request) {
        trailers_on(vm, id, direction, Start::BehindPlugin)?;
    }
    Ok(())
}

/// What the plugin sees of the body from now on; and the verdict, which a local reply overrules.
fn after_body(http: &mut HttpState, direction: Direction, verdict: OfBody) -> OfBody {
    let flow = direction.flow(http);
    flow.body.gathering = verdict == OfBody::Gather;
    if verdict == OfBody::GoOn {
        flow.body.shown = None;
    }
    if flow.aborted { OfBody::Drop } else { verdict }
}

/// Does with the bytes as the plugin wants; tells whether they went on.
fn settle_body(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    source: Source,
    end: bool,
    verdict: OfBody,
) -> Result<bool, Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(false);
    };
    let answered = answered(http, direction);
    let flow = direction.flow(http);
    match verdict {
        OfBody::GoOn if flow.iteration == Iteration::Stopped => {
            flow.body.hold(source);
            resume::go_on(vm, id, direction)?;
            return Ok(false);
        }
        OfBody::GoOn if answered => return Ok(false),
        OfBody::GoOn => {
            pass::bytes(http, direction, source, end);
            return Ok(true);
        }
        OfBody::Gather | OfBody::Hold => flow.body.hold(source),
        OfBody::Drop => {
            if flow.ended && flow.trailers.is_none() && !flow.body.is_held() && !flow.aborted {
                flow.body.drop_arriving();
                flow.body.hold(Source::Arriving);
            }
        }
    }
    flow.iteration = Iteration::Stopped;
    Ok(false)
}

/// Takes the trailers through the plugin, or past it.
pub(crate) fn trailers_on(vm: &mut Vm, id: u32, direction: Direction, start: Start) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    if answered(http, direction) {
        return Ok(());
    }
    if start == Start::BehindPlugin {
        pass::trailers(http, direction);
        return Ok(());
    }
    let flow = direction.flow(http);
    let Some(trailers) = &mut flow.trailers else {
        return Ok(());
    };
    if flow.iteration == Iteration::StoppedAll {
        return Ok(());
    }
    trailers.open = true;
    let count = count(&trailers.headers);
    let verdict = call::trailers(vm, id, direction, count)?.of_trailers();
    after_trailers(vm, id, direction, verdict)
}

fn after_trailers(vm: &mut Vm, id: u32, direction: Direction, verdict: OfTrailers) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let answered = answered(http, direction);
    let flow = direction.flow(http);
    flow.told_end = true;
    if let (OfTrailers::GoOn, Some(trailers)) = (verdict, &mut flow.trailers) {
        trailers.open = false;
    }
    match (verdict, flow.iteration) {
        (OfTrailers::GoOn, Iteration::Stopped) if !flow.aborted => resume::go_on(vm, id, direction),
        (OfTrailers::GoOn, _) if !flow.aborted && !answered => {
            pass::trailers(http, direction);
            Ok(())
        }
        (OfTrailers::GoOn | OfTrailers::Stop, Iteration::Going) => {
            flow.iteration = Iteration::Stopped;
            Ok(())
        }
        (OfTrailers::GoOn | OfTrailers::Stop, Iteration::Stopped | Iteration::StoppedAll) => Ok(()),
    }
}

/// A request goes no further once its response is complete.
const fn answered(http: &HttpState, direction: Direction) -> bool {
    match direction {
        Direction::Request => http.response.ended,
        Direction::Response => http.response.passed.ended,
    }
}

fn count(headers: &Headers) -> u32 {
    u32::try_from(headers.len()).unwrap_or(u32::MAX)
}
