//! What the two directions of a stream have in common, so that there is one path for both.

use crate::header_kind::HeaderKind;
use crate::http::flow::Flow;
use crate::http::state::HttpState;
use crate::vm::Vm;
use crate::vm::callback::Callback;
use crate::vm::exports::Export;

/// Which way something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Response,
}

impl Direction {
    pub(crate) const fn flow(self, http: &mut HttpState) -> &mut Flow {
        match self {
            Self::Request => &mut http.request,
            Self::Response => &mut http.response,
        }
    }

    pub(crate) const fn header_kind(self) -> HeaderKind {
        match self {
            Self::Request => HeaderKind::Request,
            Self::Response => HeaderKind::Response,
        }
    }

    pub(crate) const fn headers(self, vm: &Vm) -> (Callback, &Export<(u32, u32, u32), u32>) {
        match self {
            Self::Request => (Callback::RequestHeaders, &vm.exports.request_headers),
            Self::Response => (Callback::ResponseHeaders, &vm.exports.response_headers),
        }
    }

    pub(crate) const fn body(self, vm: &Vm) -> (Callback, &Export<(u32, u32, u32), u32>) {
        match self {
            Self::Request => (Callback::RequestBody, &vm.exports.request_body),
            Self::Response => (Callback::ResponseBody, &vm.exports.response_body),
        }
    }

    pub(crate) const fn trailers(self, vm: &Vm) -> (Callback, &Export<(u32, u32), u32>) {
        match self {
            Self::Request => (Callback::RequestTrailers, &vm.exports.request_trailers),
            Self::Response => (Callback::ResponseTrailers, &vm.exports.response_trailers),
        }
    }
}
