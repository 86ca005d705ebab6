//! What headers of the two directions have in common, so that a stream has one path for both.

use crate::callback::Callback;
use crate::exports::Export;
use crate::state::{MapSlot, StreamState};
use crate::vm::Vm;

/// How far a stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Begun,
    RequestHeaders,
    ResponseHeaders,
    Finished,
}

/// Whose headers they are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    Request,
    Response,
}

impl Direction {
    pub(crate) const fn callback(self) -> Callback {
        match self {
            Self::Request => Callback::RequestHeaders,
            Self::Response => Callback::ResponseHeaders,
        }
    }

    pub(crate) const fn stage(self) -> Stage {
        match self {
            Self::Request => Stage::RequestHeaders,
            Self::Response => Stage::ResponseHeaders,
        }
    }

    pub(crate) const fn stage_before(self) -> Stage {
        match self {
            Self::Request => Stage::Begun,
            Self::Response => Stage::RequestHeaders,
        }
    }

    pub(crate) const fn slot(self, stream: &mut StreamState) -> &mut MapSlot {
        match self {
            Self::Request => &mut stream.request_headers,
            Self::Response => &mut stream.response_headers,
        }
    }

    pub(crate) const fn export(self, vm: &Vm) -> &Export<(u32, u32, u32), u32> {
        match self {
            Self::Request => &vm.exports.request_headers,
            Self::Response => &vm.exports.response_headers,
        }
    }
}
