//! What a plugin asks for in a callback and Envoy does when the callback has returned.

use crate::abi::StreamType;
use crate::http::local_reply::LocalReply;

/// One wish, and the context that it is about: the effective one.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) context: u32,
    pub(crate) wish: Wish,
}

/// What is to happen to a stream or a root context.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    /// `proxy_continue_stream`
    Continue(StreamType),
    /// `proxy_close_stream`
    Close(StreamType),
    /// `proxy_send_local_response`
    Reply(LocalReply),
    /// `proxy_done`, of a root context
    Delete,
}
