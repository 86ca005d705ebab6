//! What the host keeps for an HTTP stream.

use crate::abi::{BufferType, MapType};
use crate::headers::Headers;
use crate::http::body::Body;
use crate::http::direction::Direction;
use crate::http::flow::Flow;
use crate::http::local_reply::LocalReply;
use crate::vm::stream_state::MapSlot;

/// How far an HTTP stream has come, and what it carries.
#[derive(Debug, Default)]
pub(crate) struct HttpState {
    pub(crate) life: Life,
    pub(crate) request: Flow,
    pub(crate) response: Flow,
    /// The end of its direction was with the last thing that the plugin was given.
    pub(crate) end_of_stream: bool,
    /// The one that goes out; its details are those of the last.
    pub(crate) local_reply: Option<LocalReply>,
    /// One that goes out when the callback of the request has returned in which it was asked for.
    pub(crate) prepared: Option<LocalReply>,
    /// The status of the response as it came from the application.
    pub(crate) response_code: Option<u32>,
    /// What `%RESPONSE_CODE_DETAILS%` shows.
    pub(crate) details: Option<Vec<u8>>,
    /// Those of a reply that the plugin asked for in the callback that trapped: Envoy sends it behind its own 503, when only
    /// its details count any more.
    pub(crate) late_details: Option<Vec<u8>>,
}

/// Whether the guest knows of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Life {
    #[default]
    Begun,
    /// Its context is being made; no other callback runs meanwhile.
    Creating,
    Open,
    Over(End),
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A test ended it.
    Finished,
    /// It was reset.
    Closed,
}

impl HttpState {
    /// Takes the status of a response down as it came; what the plugin makes of it counts when it has gone out.
    pub(crate) fn note_status(&mut self, direction: Direction, headers: &Headers) {
        if direction == Direction::Response {
            let status = headers
                .get(":status")
                .and_then(|status| std::str::from_utf8(status).ok());
            self.response_code = status.and_then(|status| status.parse().ok());
        }
    }

    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.life, Life::Over(_))
    }

    /// A request goes no further once its response is complete, and a response once it has gone out.
    pub(crate) const fn is_answered(&self, direction: Direction) -> bool {
        match direction {
            Direction::Request => self.response.ended,
            Direction::Response => self.response.passed.ended,
        }
    }

    pub(crate) const fn slot(&self, map: MapType) -> Option<&MapSlot> {
        match map {
            MapType::HttpRequestHeaders => Some(&self.request.headers),
            MapType::HttpRequestTrailers => self.request.trailers.as_ref(),
            MapType::HttpResponseHeaders => Some(&self.response.headers),
            MapType::HttpResponseTrailers => self.response.trailers.as_ref(),
            MapType::GrpcReceiveInitialMetadata
            | MapType::GrpcReceiveTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers => None,
        }
    }

    /// The map for a change: trailers may come into being by it.
    pub(crate) fn slot_mut(&mut self, map: MapType) -> Option<&mut MapSlot> {
        match map {
            MapType::HttpRequestHeaders => Some(&mut self.request.headers),
            MapType::HttpRequestTrailers => self.request.trailers_to_write(self.end_of_stream),
            MapType::HttpResponseHeaders => Some(&mut self.response.headers),
            MapType::HttpResponseTrailers => self.response.trailers_to_write(self.end_of_stream),
            MapType::GrpcReceiveInitialMetadata
            | MapType::GrpcReceiveTrailingMetadata
            | MapType::HttpCallResponseHeaders
            | MapType::HttpCallResponseTrailers => None,
        }
    }

    pub(crate) const fn body(&self, buffer: BufferType) -> Option<&Body> {
        match buffer {
            BufferType::HttpRequestBody => Some(&self.request.body),
            BufferType::HttpResponseBody => Some(&self.response.body),
            BufferType::DownstreamData
            | BufferType::UpstreamData
            | BufferType::HttpCallResponseBody
            | BufferType::GrpcReceiveBuffer
            | BufferType::VmConfiguration
            | BufferType::PluginConfiguration
            | BufferType::CallData => None,
        }
    }

    pub(crate) const fn body_mut(&mut self, buffer: BufferType) -> Option<&mut Body> {
        match buffer {
            BufferType::HttpRequestBody => Some(&mut self.request.body),
            BufferType::HttpResponseBody => Some(&mut self.response.body),
            BufferType::DownstreamData
            | BufferType::UpstreamData
            | BufferType::HttpCallResponseBody
            | BufferType::GrpcReceiveBuffer
            | BufferType::VmConfiguration
            | BufferType::PluginConfiguration
            | BufferType::CallData => None,
        }
    }
}

/// The status that a response's headers tell.
pub(crate) fn status(headers: &Headers) -> Option<u32> {
    let status = headers
        .get(":status")
        .and_then(|status| std::str::from_utf8(status).ok());
    status.and_then(|status| status.parse().ok())
}
