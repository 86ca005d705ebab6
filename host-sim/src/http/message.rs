//! [`Message`]: what went past the plugin in one direction.

use crate::headers::Headers;

/// A request as the application gets it, or a response as the client gets it: so much of it as has gone past the plugin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// The headers with the plugin's changes; `None` as long as they are held.
    pub headers: Option<Headers>,
    /// The bytes of the body, with the plugin's changes.
    pub body: Vec<u8>,
    /// The trailers with the plugin's changes; `None` as long as they are held, and where there are none.
    pub trailers: Option<Headers>,
    /// Nothing follows.
    pub ended: bool,
}
