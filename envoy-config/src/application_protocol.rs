//! What the application speaks.

/// What the application speaks, and so what the filter judges. Peers may speak HTTP/1.1 or HTTP/2 to Envoy whatever the
/// application speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationProtocol {
    /// HTTP/1.1: each request is judged.
    Http,
    /// HTTP/2 without TLS, as gRPC servers do: each request is judged.
    Http2,
    /// Anything else: the connection is judged.
    Tcp,
}
