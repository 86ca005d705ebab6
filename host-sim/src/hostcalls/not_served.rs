//! Hostcalls of the ABI that this host links, so that modules instantiate, but does not serve.
//!
//! Calling one is a trap that names it: an answer that is made up could let a test pass for a wrong reason.

use wasmtime::{FuncType, ValType};

use super::{ENV, HostLinker};
use crate::vm::trap::{HostTrap, TrapCause};

/// Each name with the number of its parameters; all are i32, and so is the result.
const NOT_SERVED: &[(&str, usize)] = &[("proxy_call_foreign_function", 6)];

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    for (hostcall, parameters) in NOT_SERVED.iter().copied() {
        let parameters = std::iter::repeat_n(ValType::I32, parameters);
        let shape = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(ENV, hostcall, shape, move |mut caller, _, _| {
            caller.data_mut().count(hostcall);
            Err(HostTrap(TrapCause::NotServed { hostcall }).into())
        })?;
    }
    Ok(())
}

#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    NOT_SERVED.iter().map(|(name, _)| *name)
}
