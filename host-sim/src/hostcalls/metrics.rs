//! Metrics.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::{MetricKind, Status};
use crate::vm::memory::{Guest, Span};
use crate::vm::state::State;

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_define_metric",
        |caller: Caller<'_, State>, kind: u32, name: u32, name_size: u32, id: u32| {
            let name = Span::new(name, name_size);
            answer(caller, "proxy_define_metric", &[("kind", kind.into())], |guest| {
                define(guest, kind, name, id)
            })
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_increment_metric",
        |caller: Caller<'_, State>, id: u32, offset: i64| {
            answer(
                caller,
                "proxy_increment_metric",
                &[("metric", id.into()), ("offset", offset.into())],
                |guest| Ok(guest.state().member.increment_metric(id, offset)?),
            )
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_record_metric",
        |caller: Caller<'_, State>, id: u32, value: u64| {
            answer(
                caller,
                "proxy_record_metric",
                &[("metric", id.into()), ("value", value.into())],
                |guest| Ok(guest.state().member.record_metric(id, value)?),
            )
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_metric",
        |caller: Caller<'_, State>, id: u32, value: u32| {
            answer(caller, "proxy_get_metric", &[("metric", id.into())], |guest| {
                write_value(guest, id, value)
            })
        },
    )?;
    Ok(())
}

fn define(guest: &mut Guest<'_>, kind: u32, name: Span, id: u32) -> Answer {
    let name = guest.read("name", name)?;
    let kind = MetricKind::try_from(kind).map_err(|_| Status::BadArgument)?;
    let metric = guest.state().member.define_metric(kind, name)?;
    guest.write_u32("metric", id, metric)
}

fn write_value(guest: &mut Guest<'_>, id: u32, pointer: u32) -> Answer {
    let value = guest.state().member.metric(id)?;
    guest.write_u64("value", pointer, value)
}
