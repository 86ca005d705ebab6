//! How a call ended.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::vm::memory::{Guest, ReturnSlot};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_status",
        |caller: Caller<'_, State>, code: u32, message: u32, message_size: u32| {
            let slot = ReturnSlot::new(message, message_size);
            answer(caller, "proxy_get_status", &[], |guest| {
                get_status(guest, code, slot)
            })
        },
    )?;
    Ok(())
}

/// The status of the root context's last call that failed or closed; 0 before.
fn get_status(guest: &mut Guest<'_>, code: u32, slot: ReturnSlot) -> Answer {
    let calls = guest.state().root_calls();
    let status = calls.map(|calls| calls.status.clone()).unwrap_or_default();
    guest.write_u32("code", code, status.code)?;
    guest.give("message", &status.message, slot)
}
