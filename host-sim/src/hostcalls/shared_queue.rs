//! Shared queues of the process.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::vm::memory::{Guest, ReturnSlot, Span};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_register_shared_queue",
        |caller: Caller<'_, State>, name: u32, name_size: u32, token: u32| {
            let name = Span::new(name, name_size);
            answer(caller, "proxy_register_shared_queue", &[], |guest| {
                register(guest, name, token)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_resolve_shared_queue",
        |caller: Caller<'_, State>, vm_id: u32, vm_id_size: u32, name: u32, name_size: u32, token: u32| {
            let (vm_id, name) = (Span::new(vm_id, vm_id_size), Span::new(name, name_size));
            answer(caller, "proxy_resolve_shared_queue", &[], |guest| {
                resolve(guest, vm_id, name, token)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_enqueue_shared_queue",
        |caller: Caller<'_, State>, token: u32, value: u32, value_size: u32| {
            let value = Span::new(value, value_size);
            let numbers = [("queue", token.into())];
            answer(caller, "proxy_enqueue_shared_queue", &numbers, |guest| {
                enqueue(guest, token, value)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_dequeue_shared_queue",
        |caller: Caller<'_, State>, token: u32, pointer: u32, size: u32| {
            let slot = ReturnSlot::new(pointer, size);
            let numbers = [("queue", token.into())];
            answer(caller, "proxy_dequeue_shared_queue", &numbers, |guest| {
                dequeue(guest, token, slot)
            })
        },
    )?;
    Ok(())
}

fn register(guest: &mut Guest<'_>, name: Span, token: u32) -> Answer {
    let name = guest.read("name", name)?;
    let state = guest.state();
    let queue = state.member.register_queue(&name, state.root())?;
    guest.write_u32("queue", token, queue)
}

fn resolve(guest: &mut Guest<'_>, vm_id: Span, name: Span, token: u32) -> Answer {
    let (vm_id, name) = (guest.read("vm_id", vm_id)?, guest.read("name", name)?);
    let queue = guest.state().member.resolve_queue(&vm_id, &name)?;
    guest.write_u32("queue", token, queue)
}

fn enqueue(guest: &mut Guest<'_>, token: u32, value: Span) -> Answer {
    let value = guest.read("value", value)?;
    Ok(guest.state().member.enqueue(token, value)?)
}

/// An entry whose memory the guest refuses is lost, as in Envoy.
fn dequeue(guest: &mut Guest<'_>, token: u32, slot: ReturnSlot) -> Answer {
    let entry = guest.state().member.dequeue(token)?;
    guest.give("value", &entry, slot)
}
