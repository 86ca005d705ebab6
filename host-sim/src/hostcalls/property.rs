//! Properties: what the test gave, what the plugin set, and who the plugin is.

use wasmtime::Caller;

use super::{Answer, ENV, HostLinker, answer};
use crate::abi::Status;
use crate::envoy::properties::{DYNAMIC_METADATA, Reading, split_path};
use crate::foreign::filter_state;
use crate::vm::memory::{Guest, ReturnSlot, Span};
use crate::vm::state::State;
use crate::vm::stream_state::StreamState;

/// What Envoy puts before the path of a property that a plugin sets, to make it a key of filter state.
const FILTER_STATE_PREFIX: &[u8] = b"wasm.";

/// Top-level names that lead on to others in every stream, and so have no byte form.
const CONTAINERS: [&[u8]; 7] = [
    b"connection",
    b"destination",
    b"filter_state",
    b"request",
    b"response",
    b"source",
    b"upstream",
];

/// The one that is there in root contexts too.
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

pub(crate) fn filter_state_key(path: &[u8]) -> Vec<u8> {
    [FILTER_STATE_PREFIX, path].concat()
}

/// What the plugin set comes before what the test gave, and the stream's before the plugin's.
fn read(state: &State, path: &[Vec<u8>]) -> Reading {
    let Some(top) = path.first() else {
        return Reading::Unserializable;
    };
    if let Some(known) = own_name(state, path) {
        return Reading::Bytes(known.to_vec());
    }
    let of_stream = state
        .stream()
        .map_or(Reading::Absent, |stream| read_stream(stream, path));
    match of_stream {
        Reading::Absent => of_plugin(state, top, path),
        Reading::Bytes(_) | Reading::Unserializable => of_stream,
    }
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

fn read_stream(stream: &StreamState, path: &[Vec<u8>]) -> Reading {
    let key = match path {
        [path] => Some(filter_state_key(path)),
        [top, key] if top == b"filter_state" => Some(key.clone()),
        _ => None,
    };
    let set = key.and_then(|key| stream.filter_state.get_key_value(&key));
    set.map_or_else(
        || stream.properties.read(path),
        |(key, bytes)| filter_state::reading(key, bytes),
    )
}

fn of_plugin(state: &State, top: &[u8], path: &[Vec<u8>]) -> Reading {
    let of_plugin = state
        .plugin()
        .map_or(Reading::Absent, |plugin| plugin.properties.read(path));
    match of_plugin {
        Reading::Absent if path.len() == 1 => unset(state, top),
        Reading::Absent | Reading::Bytes(_) | Reading::Unserializable => of_plugin,
    }
}

/// What a top-level name reads as where no test set it: every stream has dynamic metadata, if empty.
fn unset(state: &State, top: &[u8]) -> Reading {
    let in_stream = state.stream().is_some();
    if in_stream && top == DYNAMIC_METADATA.as_bytes() {
        return Reading::Bytes(Vec::new());
    }
    if (in_stream && CONTAINERS.contains(&top)) || top == CONTAINER_EVERYWHERE {
        return Reading::Unserializable;
    }
    Reading::Absent
}
