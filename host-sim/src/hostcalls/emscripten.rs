//! What modules that Emscripten built import beside the ABI; Envoy has it for them.

use wasmtime::Caller;

use super::{ENV, HostLinker};
use crate::trace::event::HostcallEnd;
use crate::vm::state::State;

/// The names; they are no hostcalls of the ABI, and always answered with the truth.
#[cfg(test)]
pub(super) const NAMES: [&str; 2] = [EQUAL, GROWTH];

const EQUAL: &str = "pthread_equal";
const GROWTH: &str = "emscripten_notify_memory_growth";

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        EQUAL,
        |mut caller: Caller<'_, State>, left: u32, right: u32| -> wasmtime::Result<u32> {
            caller.data_mut().count(EQUAL)?;
            caller.data_mut().end_hostcall(HostcallEnd::Returned);
            Ok(u32::from(left == right))
        },
    )?;
    linker.func_wrap(
        ENV,
        GROWTH,
        |mut caller: Caller<'_, State>, _memory: u32| -> wasmtime::Result<()> {
            caller.data_mut().count(GROWTH)?;
            caller.data_mut().end_hostcall(HostcallEnd::Returned);
            Ok(())
        },
    )?;
    Ok(())
}
