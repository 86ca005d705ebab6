//! Properties: what the test gave, what the plugin set, and who the plugin is.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::Status;
use crate::envoy::attributes::{self, Moment};
use crate::envoy::filter_state_key::filter_state_key;
use crate::envoy::properties::{Properties, Upstreamed, split_path};
use crate::envoy::property_value::Reading;
use crate::foreign::filter_state;
use crate::vm::memory::{Guest, ReturnSlot, Span};
use crate::vm::state::State;
use crate::vm::stream_state::StreamState;

/// The name that leads on to others, in root contexts too.
const CONTAINER_EVERYWHERE: &[u8] = b"xds";

pub(super) fn link(linker: &mut HostLinker) -> wasmtime::Result<()> {
    linker.func_wrap(
        ENV,
        "proxy_get_property",
        |caller: Caller<'_, State>, path: u32, path_size: u32, pointer: u32, size: u32| {
            let (path, slot) = (Span::new(path, path_size), ReturnSlot::new(pointer, size));
            answer(caller, "proxy_get_property", &[], |guest| get(guest, path, slot))
        },
    )?;
    linker.func_wrap(
        ENV,
        "proxy_set_property",
        |caller: Caller<'_, State>, path: u32, path_size: u32, value: u32, value_size: u32| {
            let (path, value) = (Span::new(path, path_size), Span::new(value, value_size));
            answer(caller, "proxy_set_property", &[], |guest| set(guest, path, value))
        },
    )?;
    Ok(())
}

fn get(guest: &mut Guest<'_>, path: Span, slot: ReturnSlot) -> Answer {
    let path = split_path(&guest.read("path", path)?);
    match read(guest.state(), &path) {
        Reading::Bytes(bytes) => guest.give("value", &bytes, slot),
        Reading::Absent => Err(Status::NotFound.into()),
        Reading::Unserializable => Err(Status::SerializationFailure.into()),
    }
}

/// Only a stream has filter state to set, and what the plugin declared as read-only is set once.
fn set(guest: &mut Guest<'_>, path: Span, value: Span) -> Answer {
    let (path, value) = (guest.read("path", path)?, guest.read("value", value)?);
    let state = guest.state();
    let readonly = state.declared.is_readonly(state.root(), &path);
    let stream = state.stream_mut().ok_or(Status::NotFound)?;
    let key = filter_state_key(&path);
    if readonly && stream.filter_state.contains_key(&key) {
        return Err(Status::BadArgument.into());
    }
    stream.filter_state.insert(key, value);
    Ok(())
}

/// The names that are Envoy's: what a plugin sets under one of them is filter state, and not read by that name.
const NAMES: [&[u8]; 14] = [
    b"connection",
    b"connection_id",
    b"destination",
    b"filter_state",
    b"metadata",
    b"plugin_name",
    b"plugin_root_id",
    b"plugin_vm_id",
    b"request",
    b"response",
    b"source",
    b"upstream",
    b"upstream_filter_state",
    b"xds",
];

/// What the plugin set comes before what the test gave, that before what follows from the stream, and the stream's before
/// the plugin's.
fn read(state: &State, path: &[Vec<u8>]) -> Reading {
    if path.is_empty() {
        return Reading::Unserializable;
    }
    let own = || own_name(state, path).map(|name| Reading::Bytes(name.to_vec()));
    let reading = own()
        .or_else(|| read_stream(state, state.stream()?, path))
        .or_else(|| read_plugin(state, path));
    reading.unwrap_or(Reading::Absent)
}

fn own_name<'s>(state: &'s State, path: &[Vec<u8>]) -> Option<&'s [u8]> {
    let [only] = path else { return None };
    match only.as_slice() {
        b"plugin_name" => Some(state.plugin()?.name.as_bytes()),
        b"plugin_root_id" => Some(state.plugin()?.root_id.as_bytes()),
        b"plugin_vm_id" => Some(state.vm_id.as_bytes()),
        _ => None,
    }
}

fn read_stream(state: &State, stream: &StreamState, path: &[Vec<u8>]) -> Option<Reading> {
    let upstream = attributes::upstream_of(stream);
    let moment = Moment { state, stream };
    set_by_plugin(stream, path)
        .or_else(|| stream.properties.set(path, upstream))
        .or_else(|| attributes_unless_set(&moment, path))
        .or_else(|| leads_on(&stream.properties, path, upstream))
}

/// What follows from the stream, unless the plugin was given another value.
fn attributes_unless_set(moment: &Moment<'_>, path: &[Vec<u8>]) -> Option<Reading> {
    let plugin = moment.state.plugin();
    let of_plugin = plugin.and_then(|plugin| plugin.properties.set(path, Upstreamed::No));
    of_plugin.or_else(|| attributes::read(moment, path))
}

fn set_by_plugin(stream: &StreamState, path: &[Vec<u8>]) -> Option<Reading> {
    let key = match path {
        [key] if !NAMES.contains(&key.as_slice()) => Some(filter_state_key(key)),
        [top, key] if top == b"filter_state" => Some(key.clone()),
        _ => None,
    }?;
    let (key, bytes) = stream.filter_state.get_key_value(&key)?;
    Some(filter_state::reading(key, bytes))
}

fn read_plugin(state: &State, path: &[Vec<u8>]) -> Option<Reading> {
    let properties = state.plugin().map(|plugin| &plugin.properties);
    properties
        .and_then(|properties| properties.set(path, Upstreamed::No))
        .or_else(|| leads_on(properties?, path, Upstreamed::No))
        .or_else(|| (path == [CONTAINER_EVERYWHERE]).then_some(Reading::Unserializable))
}

/// A path that only leads to other properties is there, but has no byte form.
fn leads_on(properties: &Properties, path: &[Vec<u8>], upstream: Upstreamed) -> Option<Reading> {
    properties
        .leads_on(path, upstream)
        .then_some(Reading::Unserializable)
}
