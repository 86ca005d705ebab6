//! One end of a stream: what came to it, and what it is told to do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::parity::headers::Pairs;

/// What has come so far.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Received {
    /// The headers, the pseudo-headers in front.
    pub headers: Option<Pairs>,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Option<Pairs>,
    /// How it ended.
    pub end: End,
}

/// How a direction ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum End {
    /// It has not.
    #[default]
    Open,
    /// As it should.
    Complete,
    /// By a reset, or by the end of the connection in the middle.
    Broken,
}

/// What an end is told to do.
#[derive(Debug)]
pub(crate) enum Command {
    Headers { pairs: Pairs, end: bool },
    Body { bytes: Vec<u8>, end: bool },
    Trailers(Pairs),
    Break,
}

/// One end of a stream, as a script sees it.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    commands: UnboundedSender<Command>,
    received: Shared,
}

/// The same, as the task sees it that carries the bytes.
pub(crate) struct Backstage {
    pub(crate) commands: UnboundedReceiver<Command>,
    pub(crate) received: Shared,
}

/// What came, seen by both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Received>>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Received> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It ended before its end.
    pub(crate) fn broken(&self) {
        let mut received = self.lock();
        if received.end == End::Open {
            received.end = End::Broken;
        }
    }
}

impl Endpoint {
    pub(crate) fn new() -> (Self, Backstage) {
        let (sender, commands) = unbounded_channel();
        let received = Shared::default();
        let backstage = Backstage {
            commands,
            received: received.clone(),
        };
        let endpoint = Self {
            commands: sender,
            received,
        };
        (endpoint, backstage)
    }

    /// What came so far.
    pub(crate) fn received(&self) -> Received {
        self.received.lock().clone()
    }

    /// Tells it to do something; one whose stream is gone does nothing.
    pub(crate) fn tell(&self, command: Command) {
        let _gone = self.commands.send(command);
    }
}

/// The streams that have arrived at a server, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals(Arc<Mutex<Vec<Endpoint>>>);

impl Arrivals {
    pub(crate) fn push(&self, endpoint: Endpoint) {
        self.lock().push(endpoint);
    }

    /// All that have arrived since the last call.
    pub(crate) fn take(&self) -> Vec<Endpoint> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Endpoint>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
