//! The context that hostcalls are about.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::Status;
use crate::vm::memory::Guest;
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_set_effective_context",
        |caller: Caller<'_, State>, context: u32| {
            answer(
                caller,
                "proxy_set_effective_context",
                &[("context", context.into())],
                |guest| set_effective(guest, context),
            )
        },
    )?;
    Ok(())
}

/// It lasts until the callback returns. The VM's own context, 0, stands for the one that the callback is about, as in
/// Envoy.
fn set_effective(guest: &mut Guest<'_>, context: u32) -> Answer {
    let state = guest.state();
    if !state.has_context(context) {
        return Err(Status::BadArgument.into());
    }
    state.running.context = if context == 0 { state.own_context } else { context };
    Ok(())
}
