//! What the host keeps for an HTTP stream.

use crate::abi::MapType;
use crate::http::direction::Stage;
use crate::http::local_reply::LocalReply;
use crate::vm::stream_state::MapSlot;

/// How far an HTTP stream has come, and what it carries.
#[derive(Debug, Default)]
pub(crate) struct HttpState {
    pub(crate) stage: Stage,
    pub(crate) request_headers: MapSlot,
    pub(crate) response_headers: MapSlot,
    pub(crate) local_reply: Option<LocalReply>,
}

impl HttpState {
    pub(crate) const fn slot(&self, map: MapType) -> Option<&MapSlot> {
        match map {
            MapType::HttpRequestHeaders => Some(&self.request_headers),
            MapType::HttpResponseHeaders => Some(&self.response_headers),
            MapType::HttpRequestTrailers
            | MapType::HttpResponseTrailers
            | MapType::GrpcReceiveInitialMetadata
            | MapType::GrpcReceiveTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers => None,
        }
    }

    pub(crate) const fn slot_mut(&mut self, map: MapType) -> Option<&mut MapSlot> {
        match map {
            MapType::HttpRequestHeaders => Some(&mut self.request_headers),
            MapType::HttpResponseHeaders => Some(&mut self.response_headers),
            MapType::HttpRequestTrailers
            | MapType::HttpResponseTrailers
            | MapType::GrpcReceiveInitialMetadata
            | MapType::GrpcReceiveTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers => None,
        }
    }
}
