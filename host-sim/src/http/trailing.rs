//! Takes trailers through the plugin, or past it.

use crate::http::direction::Direction;
use crate::http::flow::Iteration;
use crate::http::resume::{self, Start};
use crate::http::verdict::OfTrailers;
use crate::http::{call, drive, pass};
use crate::vm::Vm;
use crate::vm::trap::Trap;

pub(crate) fn take_on(vm: &mut Vm, id: u32, direction: Direction, start: Start) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    if http.is_answered(direction) {
        return Ok(());
    }
    match start {
        Start::BehindPlugin => {
            pass::trailers(http, direction);
            Ok(())
        }
        Start::Plugin => to_plugin(vm, id, direction),
    }
}

fn to_plugin(vm: &mut Vm, id: u32, direction: Direction) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    let Some(trailers) = &mut flow.trailers else {
        return Ok(());
    };
    if flow.iteration == Iteration::StoppedAll {
        return Ok(());
    }
    trailers.open = true;
    let count = trailers.headers.count();
    let verdict = call::trailers(vm, id, direction, count)?.of_trailers();
    after_call(vm, id, direction, verdict)
}

fn after_call(vm: &mut Vm, id: u32, direction: Direction, verdict: OfTrailers) -> Result<(), Trap> {
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let answered = http.is_answered(direction);
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
