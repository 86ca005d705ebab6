//! What the client sees of a stream on a worker.

use crate::headers::Headers;
use crate::http::local_reply::LocalReply;

/// What became of an event of an HTTP stream, as the filter chain goes on from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// The plugin let it pass.
    Continued,
    /// The stream waits for the plugin.
    Paused,
    /// The plugin answered in the application's place.
    Replied(LocalReply),
    /// The VM has failed, and this answer of the filter's goes out in the plugin's place.
    Unavailable(LocalReply),
    /// The stream is reset: the plugin closed it, or the VM failed when headers of the response were out already.
    Reset,
    /// It passed without a plugin: the filter is not in the chain, or lets everything pass.
    Bypassed,
    /// The stream is past this event, or paused before it, or answered, reset or finished; nothing happened.
    OutOfOrder,
}

/// What became of an event of a TCP stream, as the filter chain goes on from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpServed {
    /// The plugin let it pass, with the bytes that were held.
    Continued,
    /// A new connection goes no further; or the bytes of this direction are held, until more of them come.
    Paused,
    /// The connection is closed: by the plugin, or because the VM has failed.
    Closed,
    /// It passed without a plugin: the filter is not in the chain, or lets everything pass.
    Bypassed,
    /// There is no connection yet, or it goes no further, or it is closed, or its peer sends no more; nothing happened.
    OutOfOrder,
}

/// What Envoy records as the details of such an answer.
pub(crate) const FAILED: &[u8] = b"wasm_fail_stream";

/// The answer that Envoy's filter gives where its VM has failed.
pub(crate) fn unavailable(details: Vec<u8>) -> LocalReply {
    LocalReply {
        status: 503,
        details,
        body: Vec::new(),
        headers: Headers::default(),
        grpc_status: Some(14),
    }
}
