//! The part of WASI that has an effect, as Envoy's host answers it; the rest is in `wasi_stubs`.

use wasmtime::Caller;

use super::{HostLinker, Number};
use crate::abi::LogLevel;
use crate::errno::Errno;
use crate::trace::event::HostcallEnd;
use crate::vm::memory::{Guest, Refusal, Span};
use crate::vm::state::State;
use crate::vm::trap::{HostTrap, TrapCause};

/// Both names under which modules import WASI.
pub(super) const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// Why a WASI call was not served.
enum WasiRefusal {
    Errno(Errno),
    Trap(wasmtime::Error),
}

impl From<Errno> for WasiRefusal {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

/// The only status that reading and writing guest memory gives is that of a wild pointer.
impl From<Refusal> for WasiRefusal {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Status(_) => Self::Errno(Errno::Fault),
            Refusal::Trap(trap) => Self::Trap(trap),
        }
    }
}

type WasiAnswer = Result<(), WasiRefusal>;

pub(super) fn link(linker: &mut HostLinker, module: &str) -> wasmtime::Result<()> {
    link_process(linker, module)?;
    linker.func_wrap(
        module,
        "fd_write",
        |caller: Caller<'_, State>, descriptor: u32, vectors: u32, count: u32, written: u32| {
            answer(
                caller,
                "fd_write",
                &[("descriptor", descriptor.into())],
                |guest| fd_write(guest, descriptor, vectors, count, written),
            )
        },
    )?;
    linker.func_wrap(
        module,
        "fd_pwrite",
        |caller: Caller<'_, State>, descriptor: u32, vectors: u32, count: u32, _offset: u64, written: u32| {
            answer(
                caller,
                "fd_pwrite",
                &[("descriptor", descriptor.into())],
                |guest| fd_write(guest, descriptor, vectors, count, written),
            )
        },
    )?;
    linker.func_wrap(
        module,
        "clock_res_get",
        |caller: Caller<'_, State>, clock: u32, resolution: u32| {
            answer(caller, "clock_res_get", &[("clock", clock.into())], |guest| {
                clock_res_get(guest, clock, resolution)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "clock_time_get",
        |caller: Caller<'_, State>, clock: u32, _precision: u64, time: u32| {
            answer(caller, "clock_time_get", &[("clock", clock.into())], |guest| {
                clock_time_get(guest, clock, time)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "random_get",
        |caller: Caller<'_, State>, pointer: u32, size: u32| {
            answer(caller, "random_get", &[("size", size.into())], |guest| {
                random_get(guest, pointer, size)
            })
        },
    )?;
    Ok(())
}

fn link_process(linker: &mut HostLinker, module: &str) -> wasmtime::Result<()> {
    linker.func_wrap(
        module,
        "environ_get",
        |caller: Caller<'_, State>, array: u32, buffer: u32| {
            answer(caller, "environ_get", &[], |guest| {
                environ_get(guest, array, buffer)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "environ_sizes_get",
        |caller: Caller<'_, State>, count: u32, size: u32| {
            answer(caller, "environ_sizes_get", &[], |guest| {
                environ_sizes_get(guest, count, size)
            })
        },
    )?;
    linker.func_wrap(
        module,
        "args_get",
        |caller: Caller<'_, State>, _array: u32, _buffer: u32| answer(caller, "args_get", &[], |_| Ok(())),
    )?;
    linker.func_wrap(
        module,
        "args_sizes_get",
        |caller: Caller<'_, State>, count: u32, size: u32| {
            answer(caller, "args_sizes_get", &[], |guest| {
                write_two(guest, (count, 0), (size, 0))
            })
        },
    )?;
    linker.func_wrap(module, "proc_exit", |mut caller: Caller<'_, State>, code: u32| {
        caller.data_mut().count("proc_exit")?;
        let mut guest = Guest::enter(caller)?;
        guest.note_numbers(&[("code", code.into())]);
        guest.end_trace(|| HostcallEnd::None);
        Err::<(), _>(HostTrap(TrapCause::Exit { code }).into())
    })?;
    Ok(())
}

fn answer(
    mut caller: Caller<'_, State>,
    hostcall: &'static str,
    numbers: &[Number],
    serve: impl FnOnce(&mut Guest<'_>) -> WasiAnswer,
) -> wasmtime::Result<u32> {
    caller.data_mut().count(hostcall)?;
    let mut guest = Guest::enter(caller)?;
    guest.note_numbers(numbers);
    let errno = match serve(&mut guest) {
        Ok(()) => Errno::Success,
        Err(WasiRefusal::Errno(errno)) => errno,
        Err(WasiRefusal::Trap(trap)) => {
            guest.end_trace(|| HostcallEnd::None);
            return Err(trap);
        }
    };
    guest.end_trace(|| HostcallEnd::Errno(errno));
    Ok(errno.number())
}

/// Standard output and standard error go to the log; one trailing newline is taken off.
fn fd_write(
    guest: &mut Guest<'_>,
    descriptor: u32,
    vectors: u32,
    count: u32,
    written_pointer: u32,
) -> WasiAnswer {
    let level = match descriptor {
        1 => LogLevel::Info,
        2 => LogLevel::Error,
        _ => return Err(Errno::BadDescriptor.into()),
    };
    let text = gather(guest, vectors, count)?;
    let written = u32::try_from(text.len()).map_err(|_| Errno::Invalid)?;
    if written > 0 {
        let line = text.strip_suffix(b"\n").unwrap_or(&text).to_vec();
        guest.state().log(level, line);
    }
    Ok(guest.write_u32("written", written_pointer, written)?)
}

/// Bytes of one vector: a pointer and a length.
const VECTOR: u32 = 8;

fn gather(guest: &mut Guest<'_>, vectors: u32, count: u32) -> Result<Vec<u8>, WasiRefusal> {
    let mut text = Vec::new();
    for index in 0..count {
        let offset = index
            .checked_mul(VECTOR)
            .and_then(|offset| vectors.checked_add(offset));
        let vector = guest.read_silently(Span::new(offset.ok_or(Errno::Fault)?, VECTOR))?;
        let span = vector_span(&vector).ok_or(Errno::Fault)?;
        if span.length > 0 {
            text.extend(guest.read("text", span)?);
        }
    }
    Ok(text)
}

fn vector_span(vector: &[u8]) -> Option<Span> {
    let (pointer, rest) = vector.split_first_chunk()?;
    let length = rest.first_chunk()?;
    Some(Span::new(
        u32::from_le_bytes(*pointer),
        u32::from_le_bytes(*length),
    ))
}

/// 0 is the time of day, 1 a clock that never goes back; both read the plugin's clock.
fn clock_time_get(guest: &mut Guest<'_>, clock: u32, time: u32) -> WasiAnswer {
    if clock > 1 {
        return Err(Errno::NotSupported.into());
    }
    let now = guest.state().clock.nanoseconds();
    Ok(guest.write_u64("time", time, now)?)
}

/// Both clocks are told in nanoseconds.
fn clock_res_get(guest: &mut Guest<'_>, clock: u32, resolution: u32) -> WasiAnswer {
    if clock > 1 {
        return Err(Errno::NotSupported.into());
    }
    Ok(guest.write_u64("resolution", resolution, 1)?)
}

fn random_get(guest: &mut Guest<'_>, pointer: u32, size: u32) -> WasiAnswer {
    let size = usize::try_from(size).map_err(|_| Errno::Invalid)?;
    if size > guest.state().limits.random_bytes {
        return Err(Errno::Invalid.into());
    }
    let bytes = guest.state().random.bytes(size);
    Ok(guest.write("bytes", pointer, &bytes)?)
}

/// `NAME=value` and a NUL for each variable, and an array of their addresses.
fn environ_get(guest: &mut Guest<'_>, mut array: u32, mut buffer: u32) -> WasiAnswer {
    for entry in environment(guest.state()) {
        guest.write_u32("entry", array, buffer)?;
        guest.write("variable", buffer, &entry)?;
        let length = u32::try_from(entry.len()).map_err(|_| Errno::Fault)?;
        buffer = buffer.checked_add(length).ok_or(Errno::Fault)?;
        array = array.checked_add(4).ok_or(Errno::Fault)?;
    }
    Ok(())
}

fn environ_sizes_get(guest: &mut Guest<'_>, count: u32, size: u32) -> WasiAnswer {
    let entries = environment(guest.state());
    let variables = u32::try_from(entries.len()).map_err(|_| Errno::Fault)?;
    let bytes = u32::try_from(entries.concat().len()).map_err(|_| Errno::Fault)?;
    write_two(guest, (count, variables), (size, bytes))
}

fn environment(state: &State) -> Vec<Vec<u8>> {
    let entries = state.environment.iter();
    entries
        .map(|(name, value)| format!("{name}={value}\0").into_bytes())
        .collect()
}

fn write_two(guest: &mut Guest<'_>, first: (u32, u32), second: (u32, u32)) -> WasiAnswer {
    guest.write_u32("count", first.0, first.1)?;
    Ok(guest.write_u32("size", second.0, second.1)?)
}
