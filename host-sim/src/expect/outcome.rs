//! Expectations of what an event came to.

use crate::expect::unexpected::Unexpected;
use crate::http::local_reply::LocalReply;
use crate::outcome::{Outcome, TcpOutcome};

impl Outcome {
    /// Expects [`Outcome::Continue`].
    ///
    /// # Errors
    /// [`Unexpected`] when it is another one; [`Stream::explain`](crate::Stream::explain) adds the trace.
    pub fn expect_continue(self) -> Result<(), Unexpected> {
        self.expect(&Self::Continue, "the stream to go on")
    }

    /// Expects [`Outcome::Pause`].
    ///
    /// # Errors
    /// As [`expect_continue`](Self::expect_continue).
    pub fn expect_pause(self) -> Result<(), Unexpected> {
        self.expect(&Self::Pause, "the stream to wait for the plugin")
    }

    /// Expects [`Outcome::LocalReply`] with this status, and gives the reply.
    ///
    /// # Errors
    /// As [`expect_continue`](Self::expect_continue).
    pub fn expect_reply(self, status: u32) -> Result<LocalReply, Unexpected> {
        if let Self::LocalReply(reply) = &self
            && reply.status == status
        {
            return Ok(reply.clone());
        }
        Err(Unexpected::new(reply_of(status), came(&self)))
    }

    fn expect(self, expected: &Self, words: &str) -> Result<(), Unexpected> {
        let met = self == *expected;
        met.then_some(())
            .ok_or_else(|| Unexpected::new(words, came(&self)))
    }
}

impl TcpOutcome {
    /// Expects [`TcpOutcome::Continue`].
    ///
    /// # Errors
    /// [`Unexpected`] when it is another one; [`TcpStream::explain`](crate::TcpStream::explain) adds the trace.
    pub fn expect_continue(self) -> Result<(), Unexpected> {
        self.expect(&Self::Continue, "the connection to go on")
    }

    /// Expects [`TcpOutcome::Pause`].
    ///
    /// # Errors
    /// As [`expect_continue`](Self::expect_continue).
    pub fn expect_pause(self) -> Result<(), Unexpected> {
        self.expect(&Self::Pause, "the connection to wait")
    }

    /// Expects [`TcpOutcome::Closed`].
    ///
    /// # Errors
    /// As [`expect_continue`](Self::expect_continue).
    pub fn expect_closed(self) -> Result<(), Unexpected> {
        self.expect(&Self::Closed, "the plugin to close the connection")
    }

    fn expect(self, expected: &Self, words: &str) -> Result<(), Unexpected> {
        let met = self == *expected;
        met.then_some(())
            .ok_or_else(|| Unexpected::new(words, format_args!("it came to {self:?}")))
    }
}

/// A reply with this status, in words.
pub(super) fn reply_of(status: u32) -> String {
    format!("a local reply of status {status}")
}

fn came(outcome: &Outcome) -> String {
    if let Outcome::LocalReply(reply) = outcome {
        return replied(reply);
    }
    if let Outcome::Trapped(trap) = outcome {
        return trap.to_string();
    }
    format!("it came to {outcome:?}")
}

/// What a reply says, in words.
pub(super) fn replied(reply: &LocalReply) -> String {
    let body = reply.body.escape_ascii();
    let details = reply.details_text();
    format!(
        "the plugin replied {} with details {details:?} and body \"{body}\"",
        reply.status
    )
}
