//! One process of the mesh, as the state file has it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::process_identity::ProcessIdentity;
use crate::state_error::StateError;

/// How often a process that was told to end is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// One process of the mesh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessRecord {
    /// The name that messages use.
    pub name: String,
    /// How to tell it from another process.
    pub identity: ProcessIdentity,
    /// Its log.
    pub log: PathBuf,
    /// How it ended, in words; `None` while it runs.
    pub exit: Option<String>,
}

impl ProcessRecord {
    /// The sentence about its end; `None` while it runs.
    pub(crate) fn death(&self) -> Result<Option<String>, StateError> {
        if let Some(exit) = &self.exit {
            return Ok(Some(format!("{} ended: {exit}", self.name)));
        }
        Ok((!self.is_running()?).then(|| format!("{} is no longer running", self.name)))
    }

    fn is_running(&self) -> Result<bool, StateError> {
        self.identity.is_running().map_err(|source| self.error(source))
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<bool, StateError> {
        self.identity.signal(signal).map_err(|source| self.error(source))
    }

    pub(crate) async fn wait_until_gone(&self, patience: Duration) -> Result<bool, StateError> {
        let started = Instant::now();
        while self.is_running()? {
            if started.elapsed() >= patience {
                return Ok(false);
            }
            sleep(POLL).await;
        }
        Ok(true)
    }

    pub(crate) async fn expect_gone(&self, patience: Duration) -> Result<(), StateError> {
        if self.wait_until_gone(patience).await? {
            return Ok(());
        }
        Err(StateError::Immortal {
            name: self.name.clone(),
            pid: self.identity.pid,
            after: patience,
        })
    }

    fn error(&self, source: io::Error) -> StateError {
        StateError::Process {
            name: self.name.clone(),
            pid: self.identity.pid,
            source,
        }
    }
}
