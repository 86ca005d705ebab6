//! What the application speaks.

/// What the application speaks, and so what the filter judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationProtocol {
    /// HTTP: each request is judged.
    Http,
    /// Anything else: the connection is judged.
    Tcp,
}
