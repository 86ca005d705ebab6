//! The exports of a plugin that the host calls.

use std::fmt;

use crate::abi_version::AbiVersion;

/// An entry into the guest: one of the callbacks of the ABI, or a step of bringing the module up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Callback {
    /// The module's start section, and the copying of its data segments.
    Instantiate,
    /// `_initialize` of a WASI reactor.
    Initialize,
    /// `main`, called after `_initialize` where a module exports it.
    Main,
    /// `_start` of a WASI command, called where there is no `_initialize`.
    Start,
    /// The guest's allocator, within a hostcall of another callback that hands bytes over: `proxy_on_memory_allocate` or `malloc`.
    Allocate,
    /// A context is made: of a plugin (parent 0) or of a stream.
    ContextCreate,
    /// The VM starts; false refuses.
    VmStart,
    /// The plugin gets its configuration; false refuses it.
    Configure,
    /// A period of the plugin's timer is over.
    Tick,
    /// A queue that the plugin registered has something in it.
    QueueReady,
    /// A foreign function calls back.
    ForeignFunction,
    /// The request's headers are here.
    RequestHeaders,
    /// Bytes of the request's body are here.
    RequestBody,
    /// The request's trailers are here.
    RequestTrailers,
    /// The response's headers are here.
    ResponseHeaders,
    /// Bytes of the response's body are here.
    ResponseBody,
    /// The response's trailers are here.
    ResponseTrailers,
    /// A TCP connection is there; its TLS handshake is still to come.
    NewConnection,
    /// Bytes from the downstream peer of a TCP stream are here.
    DownstreamData,
    /// Bytes from the upstream peer of a TCP stream are here.
    UpstreamData,
    /// The downstream connection of a TCP stream is closed.
    DownstreamConnectionClose,
    /// The upstream peer of a TCP stream sends no more.
    UpstreamConnectionClose,
    /// An HTTP call is answered, or has failed.
    HttpCallResponse,
    /// The initial metadata of a gRPC answer is here.
    GrpcReceiveInitialMetadata,
    /// A gRPC message is here.
    GrpcReceive,
    /// The trailing metadata of a gRPC answer is here.
    GrpcReceiveTrailingMetadata,
    /// A gRPC call or stream has ended, with its status.
    GrpcClose,
    /// The stream or the plugin has ended; false asks for more time.
    Done,
    /// The moment of the access log.
    Log,
    /// The context is about to go.
    Delete,
}

impl Callback {
    /// Every callback, in the order of a stream's life.
    pub const ALL: [Self; 30] = [
        Self::Instantiate,
        Self::Initialize,
        Self::Main,
        Self::Start,
        Self::Allocate,
        Self::ContextCreate,
        Self::VmStart,
        Self::Configure,
        Self::Tick,
        Self::QueueReady,
        Self::ForeignFunction,
        Self::RequestHeaders,
        Self::RequestBody,
        Self::RequestTrailers,
        Self::ResponseHeaders,
        Self::ResponseBody,
        Self::ResponseTrailers,
        Self::NewConnection,
        Self::DownstreamData,
        Self::UpstreamData,
        Self::DownstreamConnectionClose,
        Self::UpstreamConnectionClose,
        Self::HttpCallResponse,
        Self::GrpcReceiveInitialMetadata,
        Self::GrpcReceive,
        Self::GrpcReceiveTrailingMetadata,
        Self::GrpcClose,
        Self::Log,
        Self::Done,
        Self::Delete,
    ];

    /// The name of the export.
    #[must_use]
    pub const fn export(self) -> &'static str {
        match self {
            Self::Instantiate => "(start section)",
            Self::Initialize => "_initialize",
            Self::Main => "main",
            Self::Start => "_start",
            Self::Allocate => "proxy_on_memory_allocate",
            Self::ContextCreate => "proxy_on_context_create",
            Self::VmStart => "proxy_on_vm_start",
            Self::Configure => "proxy_on_configure",
            Self::Tick => "proxy_on_tick",
            Self::QueueReady => "proxy_on_queue_ready",
            Self::ForeignFunction => "proxy_on_foreign_function",
            Self::RequestHeaders => "proxy_on_request_headers",
            Self::RequestBody => "proxy_on_request_body",
            Self::RequestTrailers => "proxy_on_request_trailers",
            Self::ResponseHeaders => "proxy_on_response_headers",
            Self::ResponseBody => "proxy_on_response_body",
            Self::ResponseTrailers => "proxy_on_response_trailers",
            Self::NewConnection => "proxy_on_new_connection",
            Self::DownstreamData => "proxy_on_downstream_data",
            Self::UpstreamData => "proxy_on_upstream_data",
            Self::DownstreamConnectionClose => "proxy_on_downstream_connection_close",
            Self::UpstreamConnectionClose => "proxy_on_upstream_connection_close",
            Self::HttpCallResponse => "proxy_on_http_call_response",
            Self::GrpcReceiveInitialMetadata => "proxy_on_grpc_receive_initial_metadata",
            Self::GrpcReceive => "proxy_on_grpc_receive",
            Self::GrpcReceiveTrailingMetadata => "proxy_on_grpc_receive_trailing_metadata",
            Self::GrpcClose => "proxy_on_grpc_close",
            Self::Done => "proxy_on_done",
            Self::Log => "proxy_on_log",
            Self::Delete => "proxy_on_delete",
        }
    }

    /// The shape that the export must have where it is there: all values are i32. `None` is never called.
    pub(crate) const fn shape(self, version: AbiVersion) -> Option<Shape> {
        match version {
            AbiVersion::V0_1_0 => self.oldest_shape(),
            AbiVersion::V0_2_0 | AbiVersion::V0_2_1 => self.newest_shape(),
        }
    }

    /// In the first version headers come without word of the end of the stream, and no foreign function calls back.
    const fn oldest_shape(self) -> Option<Shape> {
        if matches!(self, Self::RequestHeaders | Self::ResponseHeaders) {
            Some(Shape {
                parameters: 2,
                results: 1,
            })
        } else if matches!(self, Self::ForeignFunction) {
            None
        } else {
            self.newest_shape()
        }
    }

    const fn newest_shape(self) -> Option<Shape> {
        let (parameters, results) = match self {
            Self::Instantiate => return None,
            Self::Initialize | Self::Start => (0, 0),
            Self::Main | Self::VmStart | Self::Configure => (2, 1),
            Self::RequestTrailers | Self::ResponseTrailers => (2, 1),
            Self::RequestHeaders | Self::ResponseHeaders | Self::RequestBody | Self::ResponseBody => (3, 1),
            Self::DownstreamData | Self::UpstreamData => (3, 1),
            Self::Allocate | Self::Done | Self::NewConnection => (1, 1),
            Self::Tick | Self::Log | Self::Delete => (1, 0),
            Self::ContextCreate | Self::QueueReady => (2, 0),
            Self::DownstreamConnectionClose | Self::UpstreamConnectionClose => (2, 0),
            Self::ForeignFunction | Self::GrpcReceiveInitialMetadata | Self::GrpcReceive => (3, 0),
            Self::GrpcReceiveTrailingMetadata | Self::GrpcClose => (3, 0),
            Self::HttpCallResponse => (5, 0),
        };
        Some(Shape { parameters, results })
    }
}

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.export())
    }
}

/// How many i32 go into an export and how many come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) parameters: usize,
    pub(crate) results: usize,
}
