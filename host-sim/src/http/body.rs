//! The body of one direction: what has just come, what is held, and which of both the plugin sees.

use crate::abi::Status;
use crate::buffer_edit;

/// Where bytes are that go through the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// They have just come.
    Arriving,
    /// They were held, and their stream goes on.
    Held,
}

/// The bytes of a body that are not past the plugin yet.
#[derive(Debug, Default)]
pub(crate) struct Body {
    /// How many bytes have come.
    arrived: usize,
    arriving: Vec<u8>,
    /// `None` before the first bytes were held.
    held: Option<Vec<u8>>,
    /// The plugin paused to see the whole: it is shown everything that is held, from then to its next callback.
    pub(crate) gathering: bool,
    /// What the plugin was last called with, until it lets it go.
    pub(crate) shown: Option<Source>,
}

impl Body {
    /// Takes bytes in that have just come; a plugin that gathers sees them with the others.
    pub(crate) fn arrive(&mut self, bytes: &[u8]) {
        self.arrived = self.arrived.saturating_add(bytes.len());
        self.arriving = bytes.to_vec();
    }

    pub(crate) const fn arrived(&self) -> usize {
        self.arrived
    }

    /// Puts bytes to those that are held.
    pub(crate) fn hold(&mut self, source: Source) {
        let held = self.held.get_or_insert_default();
        match source {
            Source::Arriving => held.append(&mut self.arriving),
            Source::Held => {}
        }
    }

    /// Bytes are or were held, if only none.
    pub(crate) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.held.as_ref().map_or(0, Vec::len)
    }

    /// Takes bytes out that go on.
    pub(crate) fn take(&mut self, source: Source) -> Vec<u8> {
        match source {
            Source::Arriving => std::mem::take(&mut self.arriving),
            Source::Held => self.held.as_mut().map(std::mem::take).unwrap_or_default(),
        }
    }

    /// Drops what has come and nobody took.
    pub(crate) fn drop_arriving(&mut self) {
        self.arriving.clear();
    }

    /// What the plugin can read: nothing where the buffer is not there.
    pub(crate) fn readable(&self) -> &[u8] {
        let held = || self.held.as_deref().unwrap_or_default();
        match self.shown {
            _ if self.gathering => held(),
            Some(Source::Held) => held(),
            Some(Source::Arriving) => &self.arriving,
            None => &[],
        }
    }

    /// Changes what the plugin sees, as Envoy does; a buffer that is not there is a bad argument.
    pub(crate) fn replace(&mut self, start: u32, length: u32, bytes: &[u8]) -> Result<(), Status> {
        let bytes_shown = match self.shown {
            _ if self.gathering => self.held.as_mut(),
            Some(Source::Held) => self.held.as_mut(),
            Some(Source::Arriving) => Some(&mut self.arriving),
            None => None,
        };
        buffer_edit::replace(bytes_shown.ok_or(Status::BadArgument)?, start, length, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_gathers_sees_all_that_is_held() {
        let mut body = Body::default();
        for chunk in ["ab", "cd"] {
            body.arrive(chunk.as_bytes());
            body.hold(Source::Arriving);
        }
        assert_eq!(body.readable(), b"", "not shown yet");
        body.gathering = true;
        assert_eq!(body.readable(), b"abcd");
        assert_eq!(body.take(Source::Held), b"abcd");
        assert!(body.is_held(), "if only none");
    }

    #[test]
    fn a_body_that_is_not_shown_cannot_be_changed() {
        let mut body = Body::default();
        body.arrive(b"ab");
        assert_eq!(body.replace(0, 0, b"x"), Err(Status::BadArgument));
        body.shown = Some(Source::Arriving);
        assert_eq!(body.replace(0, 0, b"x"), Ok(()));
        assert_eq!(body.take(Source::Arriving), b"xab");
    }
}
