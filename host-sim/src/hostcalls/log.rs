//! Logging.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::{LogLevel, Status};
use crate::vm::memory::{Guest, Span};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_log",
        |caller: Caller<'_, State>, level: u32, pointer: u32, size: u32| {
            answer(caller, "proxy_log", &[("level", level.into())], |guest| {
                log(guest, level, Span::new(pointer, size))
            })
        },
    )?;
    Ok(())
}

/// The first versions of the ABI lack it.
pub(super) fn link_level(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_log_level",
        |caller: Caller<'_, State>, level: u32| {
            answer(caller, "proxy_get_log_level", &[], |guest| {
                write_level(guest, level)
            })
        },
    )?;
    Ok(())
}

fn log(guest: &mut Guest<'_>, level: u32, message: Span) -> Answer {
    let level = LogLevel::try_from(level).map_err(|_| Status::BadArgument)?;
    let message = guest.read("message", message)?;
    guest.state().log(level, message);
    Ok(())
}

fn write_level(guest: &mut Guest<'_>, pointer: u32) -> Answer {
    let level = guest.state().log_level.number();
    guest.write_u32("level", pointer, level)
}
