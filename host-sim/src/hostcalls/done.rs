//! The end of a root context that asked for more time.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::Status;
use crate::vm::asked::{Asked, Wish};
use crate::vm::memory::Guest;
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(ENV, "proxy_done", |caller: Caller<'_, State>| {
        answer(caller, "proxy_done", &[], done)
    })?;
    Ok(())
}

/// A stream speaks for its root context, as in Envoy.
fn done(guest: &mut Guest<'_>) -> Answer {
    let state = guest.state();
    let context = state.root();
    if !state.roots_ending.remove(&context) {
        return Err(Status::NotFound.into());
    }
    let wish = Wish::Delete;
    state.asked.push_back(Asked { context, wish });
    Ok(())
}
