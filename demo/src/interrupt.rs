//! The signals by which a user or a service manager ends the demo.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for SIGINT, SIGTERM and SIGHUP from the moment it is made: from then on none of them ends the
/// process by itself.
#[derive(Debug)]
pub struct Interrupt {
    int: Signal,
    term: Signal,
    hangup: Signal,
}

impl Interrupt {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the operating system does not let us.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            int: signal(SignalKind::interrupt())?,
            term: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for one of the signals, and returns its number. May be dropped and called again.
    pub async fn received(&mut self) -> u8 {
        tokio::select! {
            _ = self.int.recv() => 2,
            _ = self.term.recv() => 15,
            _ = self.hangup.recv() => 1,
        }
    }
}
