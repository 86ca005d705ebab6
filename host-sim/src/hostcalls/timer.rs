//! The timer of a root context.

use std::time::Duration;

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::vm::memory::Guest;
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_set_tick_period_milliseconds",
        |caller: Caller<'_, State>, period: u32| {
            answer(
                caller,
                "proxy_set_tick_period_milliseconds",
                &[("period", period.into())],
                |guest| set_period(guest, period),
            )
        },
    )?;
    Ok(())
}

/// A stream sets the timer of its root context.
fn set_period(guest: &mut Guest<'_>, milliseconds: u32) -> Answer {
    let state = guest.state();
    let root = state.root();
    state
        .calls
        .set_period(root, Duration::from_millis(milliseconds.into()));
    Ok(())
}
