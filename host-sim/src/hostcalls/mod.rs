//! The functions that a plugin imports, one concept a file; each file links its own.

use wasmtime::{Caller, Engine, Linker};

use crate::abi::Status;
use crate::abi_version::AbiVersion;
use crate::nonsense::Lie;
use crate::trace::event::HostcallEnd;
use crate::vm::memory::{Guest, Refusal};
use crate::vm::state::State;

mod abi_0_1_0;
mod buffer;
mod call_status;
mod done;
mod effective_context;
mod emscripten;
mod foreign;
mod grpc;
mod headers;
mod http_call;
mod log;
mod metrics;
mod property;
mod response;
mod shared_data;
mod shared_queue;
mod stream;
mod time;
mod timer;
mod versions;
mod wasi;
mod wasi_stubs;

/// The module that the hostcalls of the ABI are imported from.
const ENV: &str = "env";

/// What serving a hostcall comes to.
type Answer = Result<(), Refusal>;

pub(crate) use versions::Linkers;

/// A number that a guest gives to a hostcall, by the name of the parameter.
type Number = (&'static str, i128);

type HostLinker = Linker<State>;

/// Links every function that a module of this version may import.
fn linker(engine: &Engine, version: AbiVersion) -> wasmtime::Result<HostLinker> {
    let mut linker = Linker::new(engine);
    versions::link(&mut linker, version)?;
    emscripten::link(&mut linker)?;
    buffer::link(&mut linker)?;
    call_status::link(&mut linker)?;
    done::link(&mut linker)?;
    effective_context::link(&mut linker)?;
    foreign::link(&mut linker)?;
    grpc::link(&mut linker)?;
    headers::link(&mut linker)?;
    http_call::link(&mut linker)?;
    log::link(&mut linker)?;
    metrics::link(&mut linker)?;
    property::link(&mut linker)?;
    response::link(&mut linker)?;
    shared_data::link(&mut linker)?;
    shared_queue::link(&mut linker)?;
    time::link(&mut linker)?;
    timer::link(&mut linker)?;
    for module in wasi::MODULES {
        wasi::link(&mut linker, module)?;
        wasi_stubs::link(&mut linker, module)?;
    }
    Ok(linker)
}

/// Serves one hostcall: counts it, lets `serve` work on the guest, and turns its answer into the ABI's number, unless a
/// test wants nonsense.
fn answer(
    mut caller: Caller<'_, State>,
    hostcall: &'static str,
    numbers: &[Number],
    serve: impl FnOnce(&mut Guest<'_>) -> Answer,
) -> wasmtime::Result<u32> {
    caller.data_mut().count(hostcall)?;
    let lie = caller.data_mut().nonsense.answer(hostcall);
    let mut guest = Guest::enter(caller)?;
    guest.note_numbers(numbers);
    if let Some(lie @ Lie::NotServed(told)) = lie {
        guest.end_trace(|| HostcallEnd::Lie {
            told,
            lie,
            honest: None,
        });
        return Ok(told);
    }
    guest.lie.clone_from(&lie);
    let honest = match serve(&mut guest) {
        Ok(()) => Status::Ok,
        Err(Refusal::Status(status)) => status,
        Err(Refusal::Trap(trap)) => {
            guest.end_trace(|| HostcallEnd::None);
            return Err(trap);
        }
    };
    let told = lie.as_ref().map_or(honest.number(), |lie| lie.status(honest));
    guest.end_trace(|| match lie {
        Some(lie) => HostcallEnd::Lie {
            lie,
            told,
            honest: Some(honest),
        },
        None => HostcallEnd::Status(honest),
    });
    Ok(told)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wasmtime::Store;

    use super::*;
    use crate::limits::Limits;
    use crate::plugin_setup::PluginSetup;

    const README: &str = include_str!("../../README.md");

    /// Names in backticks in the first column of the README's tables of functions, with the rest of their line.
    fn documented() -> Vec<(&'static str, &'static str)> {
        let (_, section) = README
            .split_once("## Functions that a module may import")
            .unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.filter_map(|row| row.split_once('`')).collect()
    }

    fn linked(version: AbiVersion) -> BTreeSet<(String, String)> {
        let engine = Engine::default();
        let mut store = Store::new(&engine, State::new(Limits::default(), PluginSetup::default()));
        let linker = linker(&engine, version).unwrap();
        linker
            .iter(&mut store)
            .map(|(module, name, _)| (module.to_owned(), name.to_owned()))
            .collect()
    }

    #[test]
    fn each_version_has_exactly_its_hostcalls_linked() {
        for version in AbiVersion::ALL {
            let linked = linked(version).into_iter();
            let linked: Vec<_> = linked
                .filter(|(module, name)| module == ENV && !emscripten::NAMES.contains(&name.as_str()))
                .map(|(_, name)| name)
                .collect();
            let mut expected: Vec<_> = version.hostcalls().collect();
            expected.sort_unstable();
            assert_eq!(linked, expected, "{version:?}");
        }
    }

    #[test]
    fn the_readme_lists_exactly_the_functions_that_are_linked() {
        let mut documented: Vec<_> = documented().into_iter().map(|(name, _)| name).collect();
        documented.sort_unstable();
        let linked = AbiVersion::ALL.into_iter().flat_map(linked);
        let linked: BTreeSet<_> = linked.map(|(_, name)| name).collect();
        assert_eq!(documented, Vec::from_iter(&linked));
    }
}
