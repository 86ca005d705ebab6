//! One TCP stream on a worker, as its client sees it.

use crate::outcome::{EndOfStream, TcpOutcome};
use crate::tcp::stream::TcpStream;
use crate::workers::policy::FailurePolicy;
use crate::workers::served::TcpServed;

/// A TCP stream on a worker: through the plugin, or past it.
#[derive(Debug)]
pub struct WorkerTcpStream {
    course: Course,
}

#[derive(Debug)]
enum Course {
    /// Through the plugin, with this policy for the case that its VM fails.
    Through(Box<TcpStream>, FailurePolicy),
    /// The VM failed under the stream, and the connection was closed.
    Ended(Box<TcpStream>),
    /// The VM failed under the stream, and the filter lets it pass.
    Freed(Box<TcpStream>),
    /// The VM had failed before.
    Failed,
    /// The connection was closed for that.
    Closed,
    /// The filter is not in the chain.
    Bypassed,
}

impl WorkerTcpStream {
    pub(crate) fn through(stream: TcpStream, policy: FailurePolicy) -> Self {
        Self {
            course: Course::Through(Box::new(stream), policy),
        }
    }

    pub(crate) const fn failed() -> Self {
        Self {
            course: Course::Failed,
        }
    }

    pub(crate) const fn bypassed() -> Self {
        Self {
            course: Course::Bypassed,
        }
    }

    /// Tells of the connection: see [`TcpStream::new_connection`].
    pub fn new_connection(&mut self) -> TcpServed {
        self.event(TcpStream::new_connection)
    }

    /// Gives the stream bytes from the downstream peer: see [`TcpStream::downstream_data`].
    pub fn downstream_data(&mut self, bytes: impl AsRef<[u8]>, end: EndOfStream) -> TcpServed {
        self.event(|stream| stream.downstream_data(bytes, end))
    }

    /// Gives the stream bytes from the upstream peer: see [`TcpStream::upstream_data`].
    pub fn upstream_data(&mut self, bytes: impl AsRef<[u8]>, end: EndOfStream) -> TcpServed {
        self.event(|stream| stream.upstream_data(bytes, end))
    }

    /// The stream in the plugin, to read from and to be reached in other ways; `None` where it never was in one.
    pub fn stream(&mut self) -> Option<&mut TcpStream> {
        match &mut self.course {
            Course::Through(stream, _) | Course::Ended(stream) | Course::Freed(stream) => Some(stream),
            Course::Failed | Course::Closed | Course::Bypassed => None,
        }
    }

    fn event(&mut self, event: impl FnOnce(&mut TcpStream) -> TcpOutcome) -> TcpServed {
        match &mut self.course {
            Course::Through(stream, _) => {
                let outcome = event(stream);
                self.serve(outcome)
            }
            Course::Failed => {
                self.course = Course::Closed;
                TcpServed::Closed
            }
            Course::Freed(_) | Course::Bypassed => TcpServed::Bypassed,
            Course::Ended(_) | Course::Closed => TcpServed::OutOfOrder,
        }
    }

    fn serve(&mut self, outcome: TcpOutcome) -> TcpServed {
        match outcome {
            TcpOutcome::Continue => TcpServed::Continued,
            TcpOutcome::Pause => TcpServed::Paused,
            TcpOutcome::Closed => TcpServed::Closed,
            TcpOutcome::OutOfOrder => TcpServed::OutOfOrder,
            TcpOutcome::Trapped(_) | TcpOutcome::Failed => self.fail(),
        }
    }

    /// What Envoy's filter does at the first event at which it finds its VM failed.
    fn fail(&mut self) -> TcpServed {
        match std::mem::replace(&mut self.course, Course::Closed) {
            Course::Through(stream, policy) if policy.frees_streams() => {
                self.course = Course::Freed(stream);
                TcpServed::Bypassed
            }
            Course::Through(stream, _) => {
                self.course = Course::Ended(stream);
                TcpServed::Closed
            }
            other @ (Course::Ended(_)
            | Course::Freed(_)
            | Course::Failed
            | Course::Closed
            | Course::Bypassed) => {
                self.course = other;
                TcpServed::OutOfOrder
            }
        }
    }
}
