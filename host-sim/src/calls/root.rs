//! What a root context has begun, and what of it the plugin can read now.

use std::collections::BTreeMap;

use crate::abi::{MapType, Status};
use crate::calls::grpc::{GrpcCall, GrpcStream};
use crate::calls::http::{HttpAnswer, HttpCall};
use crate::calls::time::{Deadline, Due, Timer};
use crate::headers::Headers;

/// Calls belong to root contexts, whichever stream was in effect when they were made, as in Envoy: they outlive the stream,
/// and go with the root.
#[derive(Debug, Default)]
pub(crate) struct RootCalls {
    pub(crate) timer: Option<Timer>,
    pub(crate) http: BTreeMap<u32, Pending<HttpCall>>,
    pub(crate) grpc_calls: BTreeMap<u32, Pending<GrpcCall>>,
    pub(crate) grpc_streams: BTreeMap<u32, OpenStream>,
    pub(crate) status: CallStatus,
    pub(crate) received: Received,
}

/// A call, and when it is over without an answer.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    pub(crate) call: T,
    pub(crate) due: Option<Deadline>,
}

/// A gRPC stream of which the plugin knows, until both sides have closed it.
#[derive(Debug)]
pub(crate) struct OpenStream {
    pub(crate) stream: GrpcStream,
    /// The plugin closed its side with `proxy_grpc_close`.
    pub(crate) closed_here: bool,
    /// The other side closed.
    pub(crate) closed_there: bool,
}

/// What `proxy_get_status` answers. The code stays when the callback that it was for has returned, the message does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallStatus {
    pub(crate) code: u32,
    pub(crate) message: Vec<u8>,
}

/// What the running callback is about.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) answer: Option<HttpAnswer>,
    pub(crate) initial_metadata: Option<Headers>,
    pub(crate) trailing_metadata: Option<Headers>,
    pub(crate) message: Option<Vec<u8>>,
}

impl Received {
    /// The map of an answer; `None` where there is none now, and for maps of a stream.
    pub(crate) fn map(&self, map: MapType) -> Option<&Headers> {
        match map {
            MapType::HttpCallResponseHeaders => self.answer.as_ref().map(HttpAnswer::headers),
            MapType::HttpCallResponseTrailers => self.answer.as_ref().and_then(HttpAnswer::trailers),
            MapType::GrpcReceiveInitialMetadata => self.initial_metadata.as_ref(),
            MapType::GrpcReceiveTrailingMetadata => self.trailing_metadata.as_ref(),
            MapType::HttpRequestHeaders
            | MapType::HttpRequestTrailers
            | MapType::HttpResponseHeaders
            | MapType::HttpResponseTrailers => None,
        }
    }
}

impl RootCalls {
    /// Everything of this root context that has its time.
    pub(crate) fn deadlines(&self, root: u32) -> impl Iterator<Item = (Deadline, Due)> {
        let tick = self.timer.map(|timer| (timer.due, Due::Tick(root)));
        let http = self.http.iter();
        let http = http.filter_map(move |(id, call)| Some((call.due?, Due::HttpTimeout { root, id: *id })));
        let grpc = self.grpc_calls.iter();
        let grpc = grpc.filter_map(move |(id, call)| Some((call.due?, Due::GrpcTimeout { root, id: *id })));
        tick.into_iter().chain(http).chain(grpc)
    }

    /// `proxy_grpc_send`; what is sent after an end goes nowhere, and is answered OK all the same, as in Envoy.
    pub(crate) fn send(&mut self, id: u32, message: Vec<u8>, end: bool) -> Result<(), Status> {
        let open = self.grpc_streams.get_mut(&id).ok_or(Status::NotFound)?;
        if !open.closed_there && !open.stream.ended {
            open.stream.sent.push(message);
            open.stream.ended = end;
        }
        Ok(())
    }

    /// `proxy_grpc_close` of a stream: the other side may still send.
    pub(crate) fn close_stream(&mut self, id: u32) -> Result<(), Status> {
        let open = self.grpc_streams.get_mut(&id).ok_or(Status::NotFound)?;
        open.closed_here = true;
        open.stream.ended = true;
        if open.closed_there {
            self.grpc_streams.remove(&id);
        }
        Ok(())
    }

    /// `proxy_grpc_cancel` of a stream: nothing comes of it any more.
    pub(crate) fn cancel_stream(&mut self, id: u32) -> Result<(), Status> {
        self.grpc_streams.remove(&id).map(drop).ok_or(Status::NotFound)
    }

    /// `proxy_grpc_close` and `proxy_grpc_cancel` of a call: it is not answered any more.
    pub(crate) fn cancel_call(&mut self, id: u32) -> Result<(), Status> {
        self.grpc_calls.remove(&id).map(drop).ok_or(Status::NotFound)
    }

    /// Forgets a stream that both sides have closed.
    pub(crate) fn forget_closed(&mut self, id: u32) {
        if self.grpc_streams.get(&id).is_some_and(|open| open.closed_here) {
            self.grpc_streams.remove(&id);
        }
    }
}
