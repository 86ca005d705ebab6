//! [`SteadyLoad`]: connections that ask without a pause, each answer held against the configurations that may have given it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use spiffe_authz_demo::http_request::HttpRequest;
use tokio::task::JoinSet;

use crate::envoy::client::Connection;
use crate::envoy::http2::Http2;
use crate::versions_in_force::VersionsInForce;

/// What every configuration allows.
pub const ALWAYS: &str = "/always";
/// How far back requests reach for what was allowed once.
const LOOK_BACK: usize = 20;
const OK: u16 = 200;
const FORBIDDEN: u16 = 403;

/// What the configuration of this number allows, and no other does.
#[must_use]
pub fn path_of(version: usize) -> String {
    format!("/v/{version}")
}

/// A connection of either protocol.
pub enum Client {
    /// One request after the other, by HTTP/1.1.
    Http1(Connection),
    /// HTTP/2.
    Http2(Http2),
}

/// What has come of the requests.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Those allowed.
    pub allowed: usize,
    /// Those denied.
    pub denied: usize,
    /// Answers that no configuration in force could have given.
    pub wrong: Vec<String>,
    /// Requests without an answer.
    pub errors: Vec<String>,
}

/// Requests under way.
pub struct SteadyLoad {
    tasks: JoinSet<()>,
    over: Arc<AtomicBool>,
    tally: Arc<Mutex<Tally>>,
}

impl Client {
    async fn status(&mut self, path: &str) -> Result<u16, String> {
        let request = HttpRequest::new("GET", path);
        match self {
            Self::Http1(connection) => {
                let request = request.with_header("connection", "keep-alive");
                Ok(connection.send(&request).await?.status)
            }
            Self::Http2(connection) => connection.status(&request).await,
        }
    }
}

impl SteadyLoad {
    /// Begins to ask over these connections.
    #[must_use]
    pub fn start(clients: Vec<Client>, versions: &Arc<VersionsInForce>) -> Self {
        let (over, tally) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let mut tasks = JoinSet::new();
        for client in clients {
            let (over, tally) = (Arc::clone(&over), Arc::clone(&tally));
            tasks.spawn(ask(client, Arc::clone(versions), over, tally));
        }
        Self { tasks, over, tally }
    }

    /// What has come of the requests so far.
    #[must_use]
    pub fn so_far(&self) -> Tally {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets the last requests end; what has come of all.
    pub async fn end(mut self) -> Tally {
        self.over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                self.tally
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .errors
                    .push(error.to_string());
            }
        }
        self.so_far()
    }
}

async fn ask(
    mut client: Client,
    versions: Arc<VersionsInForce>,
    over: Arc<AtomicBool>,
    tally: Arc<Mutex<Tally>>,
) {
    while !over.load(Ordering::Relaxed) {
        let sent = Instant::now();
        let asked = choose(&versions.since(sent));
        let path = asked.map_or_else(|| ALWAYS.to_owned(), path_of);
        let status = client.status(&path).await;
        let lost = status.is_err();
        let may = versions.since(sent);
        tally
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(asked, status, &may);
        // A connection that broke carries no further request.
        if lost {
            return;
        }
    }
}

/// A version whose path is asked for, among them some that no longer allow it; `None` is what is always allowed.
fn choose(in_force: &[usize]) -> Option<usize> {
    let newest = in_force.last().copied().unwrap_or_default();
    match fastrand::usize(..4) {
        0 => None,
        1 => Some(newest),
        _ => Some((newest + 2).saturating_sub(fastrand::usize(..LOOK_BACK))),
    }
}

impl Tally {
    /// `asked` is the version whose path was asked for, `may` are those that may have answered.
    fn add(&mut self, asked: Option<usize>, status: Result<u16, String>, may: &[usize]) {
        let allowed_by = |version: &usize| asked.is_none_or(|asked| asked == *version);
        let (can_allow, can_deny) = (may.iter().any(allowed_by), !may.iter().all(allowed_by));
        match status {
            Ok(OK) if can_allow => self.allowed += 1,
            Ok(FORBIDDEN) if can_deny => self.denied += 1,
            Ok(other) => self
                .wrong
                .push(format!("{asked:?} came to {other} under {may:?}")),
            Err(error) => self.errors.push(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(asked: Option<usize>, status: u16, may: &[usize]) -> Tally {
        let mut tally = Tally::default();
        tally.add(asked, Ok(status), may);
        tally
    }

    #[test]
    fn while_two_are_in_force_either_may_answer() {
        assert_eq!(tally(Some(1), 200, &[1, 2]).allowed, 1);
        assert_eq!(tally(Some(1), 403, &[1, 2]).denied, 1);
    }

    #[test]
    fn what_no_version_in_force_allows_is_wrong_when_allowed() {
        assert_eq!(tally(Some(1), 200, &[2]).wrong.len(), 1);
        assert_eq!(tally(Some(1), 403, &[1]).wrong.len(), 1);
        assert_eq!(tally(None, 403, &[1, 2]).wrong.len(), 1);
    }
}
