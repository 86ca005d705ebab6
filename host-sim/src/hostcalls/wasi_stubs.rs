//! WASI functions that a plugin may import but cannot use: there are no files and no sockets.
//!
//! They answer the number that Envoy's host answers, since start-up code of a language's runtime reads it.

use wasmtime::{Caller, FuncType, Val, ValType};

use super::HostLinker;
use super::wasi::Errno;
use crate::trace::event::HostcallEnd;
use crate::vm::memory::{Guest, Refusal};
use crate::vm::state::State;

/// A function's name, its parameters (`i` for i32, `I` for i64), and its answer.
type Stub = (&'static str, &'static str, Errno);

const STUBS: [Stub; 36] = [
    ("clock_res_get", "ii", Errno::NoSystemCall),
    ("fd_advise", "iIIi", Errno::NoSystemCall),
    ("fd_allocate", "iII", Errno::NoSystemCall),
    ("fd_close", "i", Errno::Success),
    ("fd_datasync", "i", Errno::NoSystemCall),
    ("fd_fdstat_set_flags", "ii", Errno::NoSystemCall),
    ("fd_fdstat_set_rights", "iII", Errno::NoSystemCall),
    ("fd_filestat_get", "ii", Errno::NoSystemCall),
    ("fd_filestat_set_size", "iI", Errno::NoSystemCall),
    ("fd_filestat_set_times", "iIIi", Errno::NoSystemCall),
    ("fd_pread", "iiiIi", Errno::NoSystemCall),
    ("fd_prestat_dir_name", "iii", Errno::NoSystemCall),
    ("fd_prestat_get", "ii", Errno::BadDescriptor),
    ("fd_pwrite", "iiiIi", Errno::NoSystemCall),
    ("fd_read", "iiii", Errno::NoSystemCall),
    ("fd_readdir", "iiiIi", Errno::NoSystemCall),
    ("fd_renumber", "ii", Errno::NoSystemCall),
    ("fd_seek", "iIii", Errno::NoSystemCall),
    ("fd_sync", "i", Errno::NoSystemCall),
    ("fd_tell", "ii", Errno::NoSystemCall),
    ("path_create_directory", "iii", Errno::NoSystemCall),
    ("path_filestat_get", "iiiii", Errno::NoSystemCall),
    ("path_filestat_set_times", "iiiiIIi", Errno::NoSystemCall),
    ("path_link", "iiiiiii", Errno::NoSystemCall),
    ("path_open", "iiiiiIIii", Errno::NoEntry),
    ("path_readlink", "iiiiii", Errno::NoSystemCall),
    ("path_remove_directory", "iii", Errno::NoSystemCall),
    ("path_rename", "iiiiii", Errno::NoSystemCall),
    ("path_symlink", "iiiii", Errno::NoSystemCall),
    ("path_unlink_file", "iii", Errno::NoSystemCall),
    ("poll_oneoff", "iiii", Errno::NoSystemCall),
    ("sched_yield", "", Errno::NoSystemCall),
    ("sock_accept", "iii", Errno::NoSystemCall),
    ("sock_recv", "iiiiii", Errno::NoSystemCall),
    ("sock_send", "iiiii", Errno::NoSystemCall),
    ("sock_shutdown", "ii", Errno::NoSystemCall),
];

pub(super) fn link(linker: &mut HostLinker, module: &str) -> wasmtime::Result<()> {
    for (name, parameters, errno) in STUBS {
        let parameters = parameters.chars().map(value_type);
        let shape = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(module, name, shape, move |mut caller, _, results| {
            caller.data_mut().count(name);
            caller.data_mut().end_hostcall(HostcallEnd::Errno(errno));
            results.fill(Val::from(errno.number().cast_signed()));
            Ok(())
        })?;
    }
    linker.func_wrap(
        module,
        "fd_fdstat_get",
        |caller: Caller<'_, State>, descriptor: u32, stat: u32| fd_fdstat_get(caller, descriptor, stat),
    )?;
    Ok(())
}

const fn value_type(letter: char) -> ValType {
    if letter == 'I' { ValType::I64 } else { ValType::I32 }
}

/// The right to write, and nothing else, as it stands in the 24 bytes of a descriptor's state.
const FDSTAT: [u64; 3] = [0, 64, 0];

/// Only standard output and standard error exist; a wild pointer goes unnoticed, as in Envoy.
fn fd_fdstat_get(mut caller: Caller<'_, State>, descriptor: u32, stat: u32) -> wasmtime::Result<u32> {
    caller.data_mut().count("fd_fdstat_get");
    if !matches!(descriptor, 1 | 2) {
        caller
            .data_mut()
            .end_hostcall(HostcallEnd::Errno(Errno::BadDescriptor));
        return Ok(Errno::BadDescriptor.number());
    }
    let mut guest = Guest::enter(caller)?;
    guest.note_numbers(&[("descriptor", descriptor.into())]);
    if let Err(Refusal::Trap(trap)) = guest.write("status", stat, &FDSTAT.map(u64::to_le_bytes).concat()) {
        return Err(trap);
    }
    guest.end_trace(|| HostcallEnd::Errno(Errno::Success));
    Ok(Errno::Success.number())
}
