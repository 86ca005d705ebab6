//! Lets a direction go on that the plugin stopped.

use crate::http::body::Source;
use crate::http::chunks::{self, Chunk};
use crate::http::direction::Direction;
use crate::http::flow::Iteration;
use crate::http::{drive, pass, trailing};
use crate::vm::Vm;
use crate::vm::trap::Trap;

/// Where bytes and trailers go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Plugin,
    BehindPlugin,
}

/// Goes on where the direction stopped: headers that were held go past the plugin; bytes and trailers that came while
/// everything was stopped go through it, and those that it held go past it.
pub(crate) fn go_on(vm: &mut Vm, id: u32, direction: Direction) -> Result<(), Trap> {
    let Some(start) = allow(vm, id, direction) else {
        return Ok(());
    };
    let Some(http) = drive::alive(vm, id) else {
        return Ok(());
    };
    let flow = direction.flow(http);
    let (ended, had_trailers, held) = (flow.ended, flow.trailers.is_some(), flow.body.is_held());
    if !flow.headers_went {
        flow.headers_went = true;
        pass::headers(http, direction, ended && !held && !had_trailers);
    }
    if held {
        let chunk = Chunk {
            source: Source::Held,
            end: ended && !had_trailers,
        };
        chunks::take_on(vm, id, direction, chunk, start)?;
    }
    if had_trailers {
        trailing::take_on(vm, id, direction, start)?;
    }
    if let Some(http) = drive::http(vm, id) {
        direction.flow(http).catching_up = false;
    }
    Ok(())
}

/// Whether there is something to go on with, and where it goes first.
fn allow(vm: &mut Vm, id: u32, direction: Direction) -> Option<Start> {
    let http = drive::alive(vm, id)?;
    let over = http.is_answered(direction);
    let flow = direction.flow(http);
    // A request that was answered in its own callback stays; a plugin that continues while it is given what it missed gets it once all the same.
    if over || flow.aborted || !flow.headers.seen || flow.catching_up {
        return None;
    }
    flow.catching_up = flow.iteration == Iteration::StoppedAll;
    flow.iteration = Iteration::Going;
    flow.body.gathering = false;
    Some(if flow.catching_up {
        Start::Plugin
    } else {
        Start::BehindPlugin
    })
}
