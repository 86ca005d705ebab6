//! [`Progress`]: what has become of one direction of a stream by now.

use crate::http::direction::Direction;
use crate::http::flow::Iteration;
use crate::http::local_reply::LocalReply;
use crate::http::state::{End, HttpState, Life};

/// What has become of one direction of an HTTP stream by now, also through an event elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Its headers have not come yet.
    Awaited,
    /// Everything that has come has gone past the plugin, and more may follow.
    Going,
    /// It waits for the plugin.
    Paused,
    /// It has gone past the plugin to its end.
    Ended,
    /// The plugin answered in the application's place. The response is [`Progress::Paused`] as long as the plugin holds its
    /// own answer.
    Answered(LocalReply),
    /// The stream was reset: by the plugin, or by its peer, or because an answer came when another was on its way.
    Closed,
    /// The stream is over, as a test said.
    Finished,
    /// The VM is lost.
    Failed,
}

impl Progress {
    pub(crate) fn of(http: &mut HttpState, direction: Direction) -> Self {
        match http.life {
            Life::Over(End::Closed) => return Self::Closed,
            Life::Over(End::Finished) => return Self::Finished,
            Life::Begun | Life::Creating | Life::Open => {}
        }
        let reply = http.local_reply.clone();
        let paused = direction.flow(http).iteration != Iteration::Going;
        let held = paused && !direction.flow(http).passed.ended;
        match (reply, direction) {
            (Some(reply), Direction::Request) => Self::Answered(reply),
            (Some(reply), Direction::Response) if !held => Self::Answered(reply),
            (Some(_), Direction::Response) | (None, _) => Self::of_message(http, direction),
        }
    }

    fn of_message(http: &mut HttpState, direction: Direction) -> Self {
        let flow = direction.flow(http);
        match flow.iteration {
            _ if !flow.headers.seen => Self::Awaited,
            _ if flow.passed.ended => Self::Ended,
            Iteration::Stopped | Iteration::StoppedAll => Self::Paused,
            Iteration::Going => Self::Going,
        }
    }
}
