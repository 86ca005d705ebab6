//! Hostcalls that ABI 0.1.0 alone has; Envoy still serves them to modules with its marker.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer, stream};
use crate::abi::StreamType;
use crate::foreign::built_in::clear_route_cache;
use crate::vm::memory::{Guest, ReturnSlot};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_configuration",
        |caller: Caller<'_, State>, pointer: u32, size: u32| {
            let slot = ReturnSlot::new(pointer, size);
            answer(caller, "proxy_get_configuration", &[], |guest| {
                configuration(guest, slot)
            })
        },
    )?;
    linker.func_wrap(ENV, "proxy_clear_route_cache", |caller: Caller<'_, State>| {
        answer(caller, "proxy_clear_route_cache", &[], |guest| {
            clear_route_cache(guest.state());
            Ok(())
        })
    })?;
    link_continue(linker, "proxy_continue_request", StreamType::HttpRequest)?;
    link_continue(linker, "proxy_continue_response", StreamType::HttpResponse)
}

fn link_continue(
    linker: &mut HostLinker,
    hostcall: &'static str,
    direction: StreamType,
) -> wasmtime::Result<()> {
    linker.func_wrap(ENV, hostcall, move |caller: Caller<'_, State>| {
        answer(caller, hostcall, &[], |guest| {
            stream::continue_stream(guest, direction.number())
        })
    })?;
    Ok(())
}

/// The plugin's configuration while a root context is made or configured, the VM's at any other time, as in Envoy.
fn configuration(guest: &mut Guest<'_>, slot: ReturnSlot) -> Answer {
    let state = guest.state();
    let of_plugin = state.plugin_configuration.clone();
    let bytes = of_plugin.unwrap_or_else(|| state.vm_configuration.clone());
    guest.give("value", &bytes, slot)
}
