//! Foreign functions: what a plugin calls by name, and the callback by which one calls back.

use crate::abi::Status;
use crate::vm::memory::Refusal;
use crate::vm::state::State;

pub(crate) mod arguments;
pub(crate) mod built_in;
pub(crate) mod callback;
pub(crate) mod declared;
pub(crate) mod filter_state;
pub(crate) mod functions;
pub(crate) mod zlib;

use built_in::BuiltIn;
use functions::Function;

/// What a function gives back: nothing at all, or bytes, of which there may be none.
pub(crate) type Given = Option<Vec<u8>>;

/// A function that was found by its name.
pub(crate) enum Foreign {
    OfTest(Function),
    OfEnvoy(BuiltIn),
}

impl Foreign {
    /// The test's functions come before Envoy's own.
    pub(crate) fn named(state: &State, name: &[u8]) -> Result<Self, Status> {
        match state.foreign.find(name) {
            Some(function) => Ok(Self::OfTest(function)),
            None => BuiltIn::named(name).map(Self::OfEnvoy).ok_or(Status::NotFound),
        }
    }

    pub(crate) fn call(self, state: &mut State, arguments: &[u8]) -> Result<Given, Refusal> {
        match self {
            Self::OfTest(function) => {
                let bytes = function(arguments)?;
                Ok((!bytes.is_empty()).then_some(bytes))
            }
            Self::OfEnvoy(function) => function.call(state, arguments),
        }
    }
}
