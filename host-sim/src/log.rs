//! What a plugin logged.

use std::borrow::Cow;
use std::fmt;

use crate::abi::LogLevel;
use crate::vm::callback::Callback;

/// One line that a plugin logged, by `proxy_log` or by writing to standard output or error.
#[derive(Clone, PartialEq, Eq)]
pub struct LogLine {
    /// The line's weight.
    pub level: LogLevel,
    /// The callback that logged it.
    pub callback: Callback,
    /// Number of the context (root or stream) that logged it; 0 before the first context.
    pub context: u32,
    /// The names that stand before the line in Envoy's log, joined by a space: a root context's `root_id` and `vm_id`, a
    /// stream's plugin name besides; those that are empty are left out.
    pub names: String,
    /// The bytes that were logged.
    pub message: Vec<u8>,
}

impl LogLine {
    /// The message as text; bytes that are not UTF-8 show as U+FFFD.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.message)
    }
}

impl fmt::Debug for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            level,
            callback,
            context,
            names: _,
            message,
        } = self;
        write!(
            f,
            "[{level:?}] {callback} (context {context}): {}",
            message.escape_ascii()
        )
    }
}

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "[{:?}] {} (context {}): {}",
            self.level,
            self.callback,
            self.context,
            self.text()
        )
    }
}
