//! WASI functions that a plugin may import but cannot use: there are no files and no sockets.
//!
//! They answer the number that Envoy's host answers, since start-up code of a language's runtime reads it.

use wasmtime::{Caller, FuncType, Val, ValType};

use super::HostLinker;
use crate::errno::Errno::{self, BadDescriptor, NoEntry, NoSystemCall, NotDirectory, NotSupported, Success};
use crate::trace::event::HostcallEnd;
use crate::vm::memory::{Guest, Refusal};
use crate::vm::state::State;

/// A function that does nothing, and what it answers.
#[derive(Clone, Copy)]
struct Stub {
    name: &'static str,
    /// `i` for i32, `I` for i64.
    parameters: &'static str,
    /// The parameters that have to name standard output or standard error, by their places; otherwise `EBADF`.
    outputs: &'static [usize],
    /// Where zeros are written, by the places of the parameters with the addresses, and how many bytes.
    zeros: &'static [(usize, usize)],
    errno: Errno,
}

/// Answers the same to everything.
const fn always(name: &'static str, parameters: &'static str, errno: Errno) -> Stub {
    Stub {
        name,
        parameters,
        outputs: &[],
        zeros: &[],
        errno,
    }
}

/// Has nothing to do for standard output and standard error; there are no other descriptors.
const fn output(name: &'static str, parameters: &'static str) -> Stub {
    Stub {
        outputs: &[0],
        ..always(name, parameters, Success)
    }
}

/// Writes these zeros before it answers.
const fn zeroing(stub: Stub, zeros: &'static [(usize, usize)]) -> Stub {
    Stub { zeros, ..stub }
}

/// `path_link` and `path_symlink` lack a length that WASI has: a module that imports them as WASI does is refused by Envoy.
const STUBS: [Stub; 34] = [
    always("fd_advise", "iIIi", Success),
    output("fd_allocate", "iII"),
    always("fd_close", "i", Success),
    output("fd_datasync", "i"),
    always("fd_fdstat_set_flags", "ii", NoSystemCall),
    output("fd_fdstat_set_rights", "iII"),
    always("fd_filestat_get", "ii", BadDescriptor),
    output("fd_filestat_set_size", "iI"),
    output("fd_filestat_set_times", "iIIi"),
    always("fd_pread", "iiiIi", NoSystemCall),
    always("fd_prestat_dir_name", "iii", NoSystemCall),
    always("fd_prestat_get", "ii", BadDescriptor),
    always("fd_read", "iiii", NoSystemCall),
    zeroing(always("fd_readdir", "iiiIi", NotDirectory), &[(4, 4)]),
    Stub {
        outputs: &[0, 1],
        ..always("fd_renumber", "ii", NotSupported)
    },
    always("fd_seek", "iIii", Success),
    output("fd_sync", "i"),
    zeroing(output("fd_tell", "ii"), &[(1, 8)]),
    always("path_create_directory", "iii", NotSupported),
    always("path_filestat_get", "iiiii", NotSupported),
    always("path_filestat_set_times", "iiiiIIi", NotSupported),
    always("path_link", "iiiiii", NotSupported),
    always("path_open", "iiiiiIIii", NoEntry),
    zeroing(always("path_readlink", "iiiiii", NotSupported), &[(5, 4)]),
    always("path_remove_directory", "iii", NotSupported),
    always("path_rename", "iiiiii", NotSupported),
    always("path_symlink", "iiii", NotSupported),
    always("path_unlink_file", "iii", NotSupported),
    zeroing(always("poll_oneoff", "iiii", Success), &[(3, 4)]),
    always("sched_yield", "", Success),
    zeroing(always("sock_accept", "iii", NotSupported), &[(2, 8)]),
    zeroing(always("sock_recv", "iiiiii", NotSupported), &[(4, 4), (5, 2)]),
    zeroing(always("sock_send", "iiiii", NotSupported), &[(4, 4)]),
    always("sock_shutdown", "ii", NotSupported),
];

pub(super) fn link(linker: &mut HostLinker, module: &str) -> wasmtime::Result<()> {
    for stub in STUBS {
        let parameters = stub.parameters.chars().map(value_type);
        let shape = FuncType::new(linker.engine(), parameters, [ValType::I32]);
        linker.func_new(module, stub.name, shape, move |caller, words, results| {
            let errno = stub.answer(caller, words)?;
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

impl Stub {
    fn answer(&self, mut caller: Caller<'_, State>, words: &[Val]) -> wasmtime::Result<Errno> {
        caller.data_mut().count(self.name)?;
        let mut guest = Guest::enter(caller)?;
        let errno = self.serve(&mut guest, words)?;
        guest.end_trace(|| HostcallEnd::Errno(errno));
        Ok(errno)
    }

    fn serve(&self, guest: &mut Guest<'_>, words: &[Val]) -> wasmtime::Result<Errno> {
        let is_output = |place: &usize| matches!(word(words, *place), 1 | 2);
        if !self.outputs.iter().all(is_output) {
            return Ok(BadDescriptor);
        }
        for (place, length) in self.zeros {
            match guest.write("zero", word(words, *place), &vec![0; *length]) {
                Ok(()) => {}
                Err(Refusal::Status(_)) => return Ok(Errno::Fault),
                Err(Refusal::Trap(trap)) => return Err(trap),
            }
        }
        Ok(self.errno)
    }
}

/// A parameter of 32 bits; what is none reads 0, which names nothing.
fn word(words: &[Val], place: usize) -> u32 {
    let word = words.get(place).and_then(Val::i32);
    word.map_or(0, i32::cast_unsigned)
}

const fn value_type(letter: char) -> ValType {
    if letter == 'I' { ValType::I64 } else { ValType::I32 }
}

/// The right to write, and nothing else, as it stands in the 24 bytes of a descriptor's state.
const FDSTAT: [u64; 3] = [0, 64, 0];

/// Only standard output and standard error exist; a wild pointer goes unnoticed, as in Envoy.
fn fd_fdstat_get(mut caller: Caller<'_, State>, descriptor: u32, stat: u32) -> wasmtime::Result<u32> {
    caller.data_mut().count("fd_fdstat_get")?;
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
