//! One HTTP stream on a worker, as its client sees it.

use crate::http::stream::Stream;
use crate::outcome::{EndOfStream, Outcome};
use crate::workers::policy::FailurePolicy;
use crate::workers::served::{FAILED, Served, unavailable};

/// An HTTP stream on a worker: through the plugin, or past it.
#[derive(Debug)]
pub struct WorkerStream {
    course: Course,
}

#[derive(Debug)]
enum Course {
    /// Through the plugin, with this policy for the case that its VM fails.
    Through(Box<Stream>, FailurePolicy),
    /// The VM failed under the stream, or the plugin reset it: nothing more happens.
    Ended(Box<Stream>),
    /// The VM failed under the stream, and the filter lets it pass.
    Freed(Box<Stream>),
    /// The VM had failed before.
    Failed,
    /// That has been answered.
    Answered,
    /// The filter is not in the chain.
    Bypassed,
}

impl WorkerStream {
    pub(crate) fn through(stream: Stream, policy: FailurePolicy) -> Self {
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

    /// Gives the stream the request's headers: see [`Stream::request_headers`].
    pub fn request_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        headers: &[(N, V)],
        end: EndOfStream,
    ) -> Served {
        self.event(|stream| stream.request_headers(headers, end))
    }

    /// Gives the stream the response's headers: see [`Stream::response_headers`].
    pub fn response_headers<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        headers: &[(N, V)],
        end: EndOfStream,
    ) -> Served {
        self.event(|stream| stream.response_headers(headers, end))
    }

    /// Lets any event of a [`Stream`] happen, where the stream goes through the plugin.
    pub fn event(&mut self, event: impl FnOnce(&mut Stream) -> Outcome) -> Served {
        match &mut self.course {
            Course::Through(stream, _) => {
                let outcome = event(stream);
                self.serve(outcome)
            }
            Course::Failed => {
                self.course = Course::Answered;
                Served::Unavailable(unavailable(FAILED.to_vec()))
            }
            Course::Freed(_) | Course::Bypassed => Served::Bypassed,
            Course::Ended(_) | Course::Answered => Served::OutOfOrder,
        }
    }

    /// The stream in the plugin, to read from and to be reached in other ways; `None` where it never was in one.
    pub fn stream(&mut self) -> Option<&mut Stream> {
        match &mut self.course {
            Course::Through(stream, _) | Course::Ended(stream) | Course::Freed(stream) => Some(stream),
            Course::Failed | Course::Answered | Course::Bypassed => None,
        }
    }

    fn serve(&mut self, outcome: Outcome) -> Served {
        match outcome {
            Outcome::Continue => Served::Continued,
            Outcome::Pause => Served::Paused,
            Outcome::LocalReply(reply) => Served::Replied(reply),
            Outcome::Closed => Served::Reset,
            Outcome::OutOfOrder => Served::OutOfOrder,
            Outcome::Trapped(_) | Outcome::Failed => self.fail(),
        }
    }

    /// What Envoy's filter does at the first event at which it finds its VM failed.
    fn fail(&mut self) -> Served {
        match std::mem::replace(&mut self.course, Course::Answered) {
            Course::Through(stream, policy) if policy.frees_streams() => {
                self.course = Course::Freed(stream);
                Served::Bypassed
            }
            Course::Through(stream, _) => {
                self.course = Course::Ended(stream);
                self.answer()
            }
            other @ (Course::Ended(_)
            | Course::Freed(_)
            | Course::Failed
            | Course::Answered
            | Course::Bypassed) => {
                self.course = other;
                Served::OutOfOrder
            }
        }
    }

    /// The answer to a stream whose VM has failed; headers that are out cannot be taken back.
    fn answer(&mut self) -> Served {
        let Course::Ended(stream) = &mut self.course else {
            return Served::OutOfOrder;
        };
        let sent = stream.sent_downstream();
        if sent.ended {
            return Served::OutOfOrder;
        }
        let details = stream.record_failure(FAILED);
        match sent.headers {
            Some(_) => Served::Reset,
            None => Served::Unavailable(unavailable(details)),
        }
    }
}
