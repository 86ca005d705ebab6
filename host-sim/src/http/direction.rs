//! What headers of the two directions have in common, so that a stream has one path for both.

use crate::http::state::HttpState;
use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::exports::Export;
use crate::vm::stream_state::MapSlot;

/// How far a stream has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Stage {
    #[default]
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

    pub(crate) const fn slot(self, http: &mut HttpState) -> &mut MapSlot {
        match self {
            Self::Request => &mut http.request_headers,
            Self::Response => &mut http.response_headers,
        }
    }

    pub(crate) const fn export(self, vm: &Vm) -> &Export<(u32, u32, u32), u32> {
        match self {
            Self::Request => &vm.exports.request_headers,
            Self::Response => &vm.exports.response_headers,
        }
    }
}
