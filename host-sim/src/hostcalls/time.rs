//! The time of day.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::vm::memory::Guest;
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_current_time_nanoseconds",
        |caller: Caller<'_, State>, time: u32| {
            answer(caller, "proxy_get_current_time_nanoseconds", &[], |guest| {
                write_time(guest, time)
            })
        },
    )?;
    Ok(())
}

fn write_time(guest: &mut Guest<'_>, pointer: u32) -> Answer {
    let now = guest.state().clock.nanoseconds();
    guest.write_u64("time", pointer, now)
}
