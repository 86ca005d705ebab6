//! gRPC calls and streams: what a plugin sends.

use std::borrow::Cow;
use std::time::Duration;

use crate::calls::grpc_service::GrpcTarget;
use crate::headers::Headers;

/// What a gRPC call and a gRPC stream begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcRequest {
    /// Where it goes.
    pub target: GrpcTarget,
    /// The service, with its package, as given.
    pub service: Vec<u8>,
    /// The method, as given.
    pub method: Vec<u8>,
    /// The initial metadata.
    pub initial_metadata: Headers,
}

impl GrpcRequest {
    /// The path of the request: `/service/method`; bytes that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn path(&self) -> String {
        let [service, method] = [&self.service, &self.method].map(|name| String::from_utf8_lossy(name));
        format!("/{service}/{method}")
    }
}

/// A gRPC call that awaits its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcCall {
    /// The number by which the plugin and the test name it.
    pub id: u32,
    /// The root context that gets the answer.
    pub context: u32,
    /// What is called.
    pub request: GrpcRequest,
    /// The message, without the five bytes that gRPC puts in front.
    pub message: Vec<u8>,
    /// How long it waits; `None` is for ever.
    pub timeout: Option<Duration>,
}

/// A gRPC stream that the other side has not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrpcStream {
    /// The number by which the plugin and the test name it.
    pub id: u32,
    /// The root context that gets what is received.
    pub context: u32,
    /// What is called.
    pub request: GrpcRequest,
    /// The messages that the plugin sent so far.
    pub sent: Vec<Vec<u8>>,
    /// Whether the plugin sends no more: it said so with a message, or closed its side.
    pub ended: bool,
}

impl GrpcCall {
    /// The message as text; bytes that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn message_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.message)
    }
}
