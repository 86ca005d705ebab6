//! Shared data of the VM's `vm_id`.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::vm::memory::{Guest, ReturnSlot, Span};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_shared_data",
        |caller: Caller<'_, State>, key: u32, key_size: u32, pointer: u32, size: u32, cas: u32| {
            let (key, slot) = (Span::new(key, key_size), ReturnSlot::new(pointer, size));
            answer(caller, "proxy_get_shared_data", &[], |guest| {
                get(guest, key, slot, cas)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_shared_data",
        |caller: Caller<'_, State>, key: u32, key_size: u32, value: u32, value_size: u32, cas: u32| {
            let (key, value) = (Span::new(key, key_size), Span::new(value, value_size));
            answer(caller, "proxy_set_shared_data", &[("cas", cas.into())], |guest| {
                set(guest, key, value, cas)
            })
        },
    )?;
    Ok(())
}

fn get(guest: &mut Guest<'_>, key: Span, slot: ReturnSlot, cas: u32) -> Answer {
    let key = guest.read("key", key)?;
    let entry = guest.state().member.data(&key)?;
    guest.give("value", &entry.value, slot)?;
    guest.write_u32("cas", cas, entry.cas)
}

fn set(guest: &mut Guest<'_>, key: Span, value: Span, cas: u32) -> Answer {
    let (key, value) = (guest.read("key", key)?, guest.read("value", value)?);
    Ok(guest.state().member.set_data(key, value, cas)?)
}
