//! The exports of a plugin that the host calls.

use std::fmt;

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
    /// A context is made: of a plugin (parent 0) or of a stream.
    ContextCreate,
    /// The VM starts; false refuses.
    VmStart,
    /// The plugin gets its configuration; false refuses it.
    Configure,
    /// The request's headers are here.
    RequestHeaders,
    /// The response's headers are here.
    ResponseHeaders,
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
    /// The stream or the plugin has ended; false asks for more time.
    Done,
    /// The moment of the access log.
    Log,
    /// The context is about to go.
    Delete,
}

impl Callback {
    /// Every callback, in the order of a stream's life.
    pub const ALL: [Self; 17] = [
        Self::Instantiate,
        Self::Initialize,
        Self::Main,
        Self::Start,
        Self::ContextCreate,
        Self::VmStart,
        Self::Configure,
        Self::RequestHeaders,
        Self::ResponseHeaders,
        Self::NewConnection,
        Self::DownstreamData,
        Self::UpstreamData,
        Self::DownstreamConnectionClose,
        Self::UpstreamConnectionClose,
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
            Self::ContextCreate => "proxy_on_context_create",
            Self::VmStart => "proxy_on_vm_start",
            Self::Configure => "proxy_on_configure",
            Self::RequestHeaders => "proxy_on_request_headers",
            Self::ResponseHeaders => "proxy_on_response_headers",
            Self::NewConnection => "proxy_on_new_connection",
            Self::DownstreamData => "proxy_on_downstream_data",
            Self::UpstreamData => "proxy_on_upstream_data",
            Self::DownstreamConnectionClose => "proxy_on_downstream_connection_close",
            Self::UpstreamConnectionClose => "proxy_on_upstream_connection_close",
            Self::Done => "proxy_on_done",
            Self::Log => "proxy_on_log",
            Self::Delete => "proxy_on_delete",
        }
    }

    /// The shape that the export must have where it is there: all values are i32.
    pub(crate) const fn shape(self) -> Option<Shape> {
        match self {
            Self::Instantiate => None,
            Self::Initialize | Self::Start => Some(Shape {
                parameters: 0,
                results: 0,
            }),
            Self::Main | Self::VmStart | Self::Configure => Some(Shape {
                parameters: 2,
                results: 1,
            }),
            Self::ContextCreate | Self::DownstreamConnectionClose | Self::UpstreamConnectionClose => {
                Some(Shape {
                    parameters: 2,
                    results: 0,
                })
            }
            Self::RequestHeaders | Self::ResponseHeaders | Self::DownstreamData | Self::UpstreamData => {
                Some(Shape {
                    parameters: 3,
                    results: 1,
                })
            }
            Self::Done | Self::NewConnection => Some(Shape {
                parameters: 1,
                results: 1,
            }),
            Self::Log | Self::Delete => Some(Shape {
                parameters: 1,
                results: 0,
            }),
        }
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
