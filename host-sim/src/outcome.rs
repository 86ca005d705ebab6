//! What a test gives a stream besides headers, and what it gets back.

use crate::http::local_reply::LocalReply;
use crate::vm::trap::Trap;

/// Whether this is all that comes in its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndOfStream {
    /// Nothing follows.
    Yes,
    /// Something follows.
    No,
}

/// What became of a callback of an HTTP stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next filter has its turn.
    Continue,
    /// The stream waits for the plugin: what has come is held.
    Pause,
    /// The plugin answered in the application's place; whatever it returned, the stream stops here.
    LocalReply(LocalReply),
    /// The stream was reset, and its context has ended: the plugin closed it, or gave an answer when another was on its
    /// way already.
    Closed,
    /// The callback trapped, and the VM is lost: Envoy answers 500 or 503, by its failure policy.
    Trapped(Trap),
    /// The VM was lost before this callback; nothing ran.
    Failed,
    /// The stream is past this callback, or paused before it, or answered, or finished; nothing ran.
    OutOfOrder,
}

/// What became of an event of a TCP stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TcpOutcome {
    /// The next filter has its turn, and the bytes that were held went on.
    Continue,
    /// A new connection goes no further; or the bytes of this direction are held, until more of them come.
    Pause,
    /// The plugin closed the connection, and its context has ended.
    Closed,
    /// A callback trapped, and the VM is lost: Envoy closes the connection.
    Trapped(Trap),
    /// The VM was lost before this event; nothing ran.
    Failed,
    /// There is no connection yet, or it goes no further, or it is closed, or its peer sends no more; nothing ran.
    OutOfOrder,
}
