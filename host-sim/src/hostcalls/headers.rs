//! Header maps: those of the request and of the response, readable and changeable where Envoy has them so.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::{MapType, Status};
use crate::abi_version::AbiVersion;
use crate::header_kind::HeaderKind;
use crate::headers::Headers;
use crate::pairs;
use crate::vm::callback::Callback;
use crate::vm::memory::{Guest, Refusal, ReturnSlot, Span};
use crate::vm::state::State;

/// How a map of a kind takes a name and a value in.
type Change = fn(&mut Headers, HeaderKind, Vec<u8>, Vec<u8>);

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    link_reading(linker)?;
    link_pairs(linker)?;
    link_changing(linker)
}

fn link_reading(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_header_map_size",
        |caller: Caller<'_, State>, map: u32, size: u32| {
            answer(
                caller,
                "proxy_get_header_map_size",
                &[("map", map.into())],
                |guest| write_size(guest, map, size),
            )
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_get_header_map_value",
        |caller: Caller<'_, State>, map: u32, name: u32, name_size: u32, pointer: u32, size: u32| {
            let (name, slot) = (Span::new(name, name_size), ReturnSlot::new(pointer, size));
            answer(
                caller,
                "proxy_get_header_map_value",
                &[("map", map.into())],
                |guest| give_value(guest, map, name, slot),
            )
        },
    )?;
    Ok(())
}

fn link_pairs(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_header_map_pairs",
        |caller: Caller<'_, State>, map: u32, pointer: u32, size: u32| {
            let slot = ReturnSlot::new(pointer, size);
            answer(
                caller,
                "proxy_get_header_map_pairs",
                &[("map", map.into())],
                |guest| give_pairs(guest, map, slot),
            )
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_header_map_pairs",
        |caller: Caller<'_, State>, map: u32, pointer: u32, size: u32| {
            let pairs = Span::new(pointer, size);
            answer(
                caller,
                "proxy_set_header_map_pairs",
                &[("map", map.into())],
                |guest| set_pairs(guest, map, pairs),
            )
        },
    )?;
    Ok(())
}

fn link_changing(linker: &mut HostLinker) -> wasmtime::Result<()> {
    link_put(linker, "proxy_add_header_map_value", Headers::add_as_envoy)?;
    link_put(
        linker,
        "proxy_replace_header_map_value",
        Headers::replace_as_envoy,
    )?;
    linker.func_wrap(
        ENV,
        "proxy_remove_header_map_value",
        |caller: Caller<'_, State>, map: u32, name: u32, name_size: u32| {
            let name = Span::new(name, name_size);
            answer(
                caller,
                "proxy_remove_header_map_value",
                &[("map", map.into())],
                |guest| remove(guest, map, name),
            )
        },
    )?;
    Ok(())
}

/// Links a hostcall that puts one name and value into a map; they differ in what becomes of the name's old values.
fn link_put(linker: &mut HostLinker, hostcall: &'static str, change: Change) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        hostcall,
        move |caller: Caller<'_, State>, map: u32, name: u32, name_size: u32, value: u32, value_size: u32| {
            let (name, value) = (Span::new(name, name_size), Span::new(value, value_size));
            answer(caller, hostcall, &[("map", map.into())], |guest| {
                put(guest, map, name, value, change)
            })
        },
    )?;
    Ok(())
}

/// Only a map that may be changed has a size: in the access log none has, as in Envoy.
fn write_size(guest: &mut Guest<'_>, map: u32, size: u32) -> Answer {
    let map = map_type(map)?;
    let headers = guest.state().writable_map(map).ok_or(Status::BadArgument)?;
    let bytes = u32::try_from(headers.byte_size()).map_err(|_| Status::InternalFailure)?;
    guest.write_u32("size", size, bytes)
}

/// Gives the first value of a name only, and under the first version of the ABI an empty one for a name that is not there,
/// as in Envoy.
fn give_value(guest: &mut Guest<'_>, map: u32, name: Span, slot: ReturnSlot) -> Answer {
    let map = map_type(map)?;
    let name = guest.read("name", name)?;
    let absent_is_empty = guest.state().abi == AbiVersion::V0_1_0;
    let value = match value_in(guest.state(), map, &name) {
        Err(Status::NotFound) if absent_is_empty => Vec::new(),
        found => found?.to_vec(),
    };
    guest.give("value", &value, slot)
}

/// In the access log a map that is not there lacks the name, anywhere else it is a bad argument, as in Envoy.
fn value_in<'s>(state: &'s State, map: MapType, name: &[u8]) -> Result<&'s [u8], Status> {
    let logging = state.running.callback == Callback::Log;
    let absent = if logging {
        Status::NotFound
    } else {
        Status::BadArgument
    };
    state
        .readable_map(map)
        .ok_or(absent)?
        .get(HeaderKind::of(map).name(name))
        .ok_or(Status::NotFound)
}

/// A map that is not there reads as an empty one, as in Envoy.
fn give_pairs(guest: &mut Guest<'_>, map: u32, slot: ReturnSlot) -> Answer {
    let map = map_type(map)?;
    let encoded = guest
        .state()
        .readable_map(map)
        .map_or(Ok(Vec::new()), |map| pairs::encode(map.iter()));
    guest.give("pairs", &encoded.map_err(|_| Status::SerializationFailure)?, slot)
}

fn set_pairs(guest: &mut Guest<'_>, map: u32, pairs: Span) -> Answer {
    let map = map_type(map)?;
    let pairs = guest.read_pairs("pairs", pairs)?;
    let headers = writable(guest, map)?;
    *headers = Headers::new();
    pairs
        .into_iter()
        .for_each(|(name, value)| headers.add_as_envoy(HeaderKind::of(map), name, value));
    Ok(())
}

fn put(guest: &mut Guest<'_>, map: u32, name: Span, value: Span, change: Change) -> Answer {
    let map = map_type(map)?;
    let (name, value) = (guest.read("name", name)?, guest.read("value", value)?);
    change(writable(guest, map)?, HeaderKind::of(map), name, value);
    Ok(())
}

fn remove(guest: &mut Guest<'_>, map: u32, name: Span) -> Answer {
    let map = map_type(map)?;
    let name = guest.read("name", name)?;
    writable(guest, map)?.remove(HeaderKind::of(map).name(&name));
    Ok(())
}

fn writable<'g>(guest: &'g mut Guest<'_>, map: MapType) -> Result<&'g mut Headers, Refusal> {
    guest
        .state()
        .writable_map(map)
        .ok_or_else(|| Status::BadArgument.into())
}

fn map_type(number: u32) -> Result<MapType, Status> {
    MapType::try_from(number).map_err(|_| Status::BadArgument)
}
