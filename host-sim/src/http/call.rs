//! Runs one callback of a stream, and then what the plugin asked for in it, before the action counts: as Envoy does.

use crate::http::direction::Direction;
use crate::http::state::Life;
use crate::http::verdict::Returned;
use crate::http::{answer, drive};
use crate::vm::Vm;
use crate::vm::trap::Trap;

pub(crate) fn headers(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    count: u32,
    end: bool,
) -> Result<Returned, Trap> {
    let (callback, export) = direction.headers(vm);
    match export.clone() {
        Some(function) if is_open(vm, id) => run(vm, id, direction, |vm| {
            vm.call((callback, id), &function, (id, count, u32::from(end)))
        }),
        Some(_) | None => settle(vm, id, direction).map(|()| Returned::CONTINUE),
    }
}

pub(crate) fn body(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    size: u32,
    end: bool,
) -> Result<Returned, Trap> {
    let (callback, export) = direction.body(vm);
    match export.clone() {
        Some(function) if is_open(vm, id) => run(vm, id, direction, |vm| {
            vm.call((callback, id), &function, (id, size, u32::from(end)))
        }),
        Some(_) | None => settle(vm, id, direction).map(|()| Returned::CONTINUE),
    }
}

pub(crate) fn trailers(vm: &mut Vm, id: u32, direction: Direction, count: u32) -> Result<Returned, Trap> {
    let (callback, export) = direction.trailers(vm);
    match export.clone() {
        Some(function) if is_open(vm, id) => run(vm, id, direction, |vm| {
            vm.call((callback, id), &function, (id, count))
        }),
        Some(_) | None => settle(vm, id, direction).map(|()| Returned::CONTINUE),
    }
}

fn run(
    vm: &mut Vm,
    id: u32,
    direction: Direction,
    call: impl FnOnce(&mut Vm) -> Result<u32, Trap>,
) -> Result<Returned, Trap> {
    mark(vm, id, direction, true);
    let action = call(vm)?;
    let replied = vm.state().replied;
    drive::carry_out_own(vm, id)?;
    settle(vm, id, direction)?;
    Ok(Returned { action, replied })
}

/// Sends a reply that waited for the end of a callback of the request.
fn settle(vm: &mut Vm, id: u32, direction: Direction) -> Result<(), Trap> {
    if direction == Direction::Request {
        answer::send_prepared(vm, id)?;
    }
    mark(vm, id, direction, false);
    Ok(())
}

fn is_open(vm: &mut Vm, id: u32) -> bool {
    drive::http(vm, id).is_some_and(|http| http.life == Life::Open)
}

fn mark(vm: &mut Vm, id: u32, direction: Direction, running: bool) {
    if let Some(http) = drive::http(vm, id) {
        direction.flow(http).running = running;
    }
}
