//! Envoy's own foreign functions.

use crate::abi::Status;
use crate::foreign::arguments::Arguments;
use crate::foreign::zlib::{self, InflateError};
use crate::foreign::{Given, filter_state};
use crate::vm::memory::Refusal;
use crate::vm::state::State;
use crate::vm::trap::{HostTrap, TrapCause};

/// One of Envoy's functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuiltIn {
    ClearRouteCache,
    Compress,
    DeclareProperty,
    SetEnvoyFilterState,
    Uncompress,
    /// In Envoy, not here: the callback ends with its name.
    NotServed(&'static str),
}

impl BuiltIn {
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"clear_route_cache" => Self::ClearRouteCache,
            b"compress" => Self::Compress,
            b"declare_property" => Self::DeclareProperty,
            b"expr_create" => Self::NotServed("proxy_call_foreign_function: expr_create"),
            b"expr_delete" => Self::NotServed("proxy_call_foreign_function: expr_delete"),
            b"expr_evaluate" => Self::NotServed("proxy_call_foreign_function: expr_evaluate"),
            b"set_envoy_filter_state" => Self::SetEnvoyFilterState,
            b"sign" => Self::NotServed("proxy_call_foreign_function: sign"),
            b"uncompress" => Self::Uncompress,
            b"verify_signature" => Self::NotServed("proxy_call_foreign_function: verify_signature"),
            _ => return None,
        })
    }

    pub(crate) fn call(self, state: &mut State, arguments: &[u8]) -> Result<Given, Refusal> {
        match self {
            Self::ClearRouteCache => {
                clear_route_cache(state);
                Ok(None)
            }
            Self::Compress => Ok(Some(zlib::compress(arguments)?)),
            Self::DeclareProperty => declare_property(state, arguments).map(|()| None),
            Self::SetEnvoyFilterState => set_filter_state(state, arguments).map(|()| None),
            Self::Uncompress => uncompress(state, arguments).map(Some),
            Self::NotServed(hostcall) => Err(HostTrap(TrapCause::NotServed { hostcall }).into()),
        }
    }
}

/// Only an HTTP stream has a route.
pub(crate) fn clear_route_cache(state: &mut State) {
    if let Some(stream) = state.stream_mut().filter(|stream| stream.http().is_some()) {
        stream.route_cache_clears = stream.route_cache_clears.saturating_add(1);
    }
}

/// Field 1 is the property's path, field 2 whether it can be set only once. The callback's own context declares, whichever is in effect, as in
/// Envoy.
fn declare_property(state: &mut State, arguments: &[u8]) -> Result<(), Refusal> {
    let arguments = Arguments::parse(arguments)?;
    let (path, readonly) = (arguments.text(1)?, arguments.number(2) != 0);
    let context = state.own_context;
    Ok(state.declared.declare(context, path.as_bytes(), readonly)?)
}

/// Field 1 is the key, field 2 the value. What the key accepts is asked before there needs to be a stream, as in Envoy.
fn set_filter_state(state: &mut State, arguments: &[u8]) -> Result<(), Refusal> {
    let arguments = Arguments::parse(arguments)?;
    let (key, value) = (arguments.text(1)?, arguments.text(2)?);
    let object = filter_state::Kind::of_key(key).ok_or(Status::NotFound)?;
    let object = object.object(value).ok_or(Status::BadArgument)?;
    let stream = state.stream_mut().ok_or(Status::NotFound)?;
    stream.filter_state.insert(key.into(), object.into_bytes());
    Ok(())
}

/// What comes out counts against the callback's host budget before all of it is there.
fn uncompress(state: &mut State, arguments: &[u8]) -> Result<Vec<u8>, Refusal> {
    match zlib::uncompress(arguments, state.budget.left()) {
        Ok(bytes) => Ok(bytes),
        Err(InflateError::Malformed) => Err(Status::SerializationFailure.into()),
        Err(InflateError::TooLarge) => Err(HostTrap::from(state.budget.exceeded()).into()),
    }
}
