//! Foreign functions.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::foreign::Foreign;
use crate::vm::memory::{Guest, Refusal, ReturnSlot, Span};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_call_foreign_function",
        |caller: Caller<'_, State>,
         name: u32,
         name_size: u32,
         arguments: u32,
         arguments_size: u32,
         pointer: u32,
         size: u32| {
            let (name, arguments) = (Span::new(name, name_size), Span::new(arguments, arguments_size));
            let slot = ReturnSlot::new(pointer, size);
            answer(caller, "proxy_call_foreign_function", &[], |guest| {
                call(guest, name, arguments, slot)
            })
        },
    )?;
    Ok(())
}

/// A function that refuses is said to have given nothing, as in Envoy.
fn call(guest: &mut Guest<'_>, name: Span, arguments: Span, slot: ReturnSlot) -> Answer {
    let (name, arguments) = (guest.read("name", name)?, guest.read("arguments", arguments)?);
    let function = Foreign::named(guest.state(), &name)?;
    match function.call(guest.state(), &arguments) {
        Ok(given) => guest.give_where_wanted("results", given.as_deref(), slot),
        Err(Refusal::Status(status)) => {
            guest.give_where_wanted("results", None, slot)?;
            Err(status.into())
        }
        Err(trap @ Refusal::Trap(_)) => Err(trap),
    }
}
