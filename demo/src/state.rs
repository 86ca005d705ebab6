//! What runs: the file that one command of the demo leaves for the next.
//!
//! It is written before the first process starts and again whenever one was started or has ended, so that even
//! after a crash the next command knows what to end.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::process_identity::{ProcessIdentity, command_line};
use crate::process_record::{POLL, ProcessRecord};
use crate::replace_file::replace_file;
use crate::state_error::StateError;
use crate::workload::Topology;

/// The mesh, as the process that owns it last saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The process that started the others and watches them.
    pub owner: ProcessIdentity,
    /// How far it is.
    pub phase: Phase,
    /// Where everything listens.
    pub topology: Topology,
    /// The filter that the Envoys run.
    pub filter: PathBuf,
    /// The processes of the mesh, in the order of their start.
    pub processes: Vec<ProcessRecord>,
}

/// How far the mesh is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Not everything serves yet.
    Starting,
    /// Everything served once.
    Ready,
}

impl State {
    /// The state of a mesh that this process owns and that has no process yet.
    ///
    /// # Errors
    /// When the operating system does not give this process's own command line.
    pub fn new(topology: Topology, filter: &Path) -> io::Result<Self> {
        let pid = std::process::id();
        let command =
            command_line(pid)?.ok_or_else(|| io::Error::other("this process has no command line"))?;
        let owner = ProcessIdentity {
            pid,
            command: vec![command],
        };
        Ok(Self {
            owner,
            phase: Phase::Starting,
            topology,
            filter: filter.to_owned(),
            processes: Vec::new(),
        })
    }

    /// Reads the file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or does not hold a state.
    pub fn read(path: &Path) -> Result<Option<Self>, StateError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(file_error("read", path, source)),
        };
        let content_error = |source| StateError::Content {
            path: path.to_owned(),
            source,
        };
        serde_json::from_slice(&bytes).map(Some).map_err(content_error)
    }

    /// Writes the file; a reader sees the old state or the new one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), StateError> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other);
        text.and_then(|text| replace_file(path, &text))
            .map_err(|source| file_error("write", path, source))
    }

    /// Removes the file, if it is there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(path: &Path) -> Result<(), StateError> {
        match std::fs::remove_file(path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(file_error("remove", path, source))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether the process that watches the mesh still runs.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn owner_is_running(&self) -> Result<bool, StateError> {
        self.owner.is_running().map_err(|source| self.owner_error(source))
    }

    /// Sends a signal to the process that watches the mesh, if it still runs.
    ///
    /// # Errors
    /// When the operating system does not let us.
    pub fn signal_owner(&self, signal: Signal) -> Result<(), StateError> {
        self.owner
            .signal(signal)
            .map(|_was_running| ())
            .map_err(|source| self.owner_error(source))
    }

    /// Asks the process that watches the mesh to end it, and waits until it has ended itself. Says whether it
    /// is gone within `patience`.
    ///
    /// # Errors
    /// When the operating system does not let us.
    pub async fn ask_owner_to_end(&self, patience: Duration) -> Result<bool, StateError> {
        self.signal_owner(Signal::TERM)?;
        let started = Instant::now();
        while self.owner_is_running()? {
            if started.elapsed() >= patience {
                return Ok(false);
            }
            sleep(POLL).await;
        }
        Ok(true)
    }

    /// The sentences about processes that have ended, such as `orders' Envoy ended: signal 9 (SIGKILL)`.
    ///
    /// # Errors
    /// When the operating system does not say whether a process runs.
    pub fn deaths(&self) -> Result<Vec<String>, StateError> {
        let sentences = self
            .processes
            .iter()
            .map(ProcessRecord::death)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(sentences.into_iter().flatten().collect())
    }

    /// Ends every process of the state that still runs, by SIGTERM and after `grace` by SIGKILL, and returns
    /// the names of those that did run.
    ///
    /// # Errors
    /// When the operating system does not let us, or one does not end at all.
    pub async fn end_processes(&self, grace: Duration) -> Result<Vec<String>, StateError> {
        let mut running = Vec::new();
        for record in &self.processes {
            if record.signal(Signal::TERM)? {
                running.push(record);
            }
        }
        for record in &running {
            if !record.wait_until_gone(grace).await? {
                record.signal(Signal::KILL)?;
                record.expect_gone(grace).await?;
            }
        }
        Ok(running.into_iter().map(|record| record.name.clone()).collect())
    }

    fn owner_error(&self, source: io::Error) -> StateError {
        StateError::Process {
            name: "the demo".to_owned(),
            pid: self.owner.pid,
            source,
        }
    }
}

fn file_error(action: &'static str, path: &Path, source: io::Error) -> StateError {
    StateError::File {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    const GRACE: Duration = Duration::from_secs(5);

    fn record(name: &str, command: &[&str]) -> (Child, ProcessRecord) {
        let child = Command::new(command[0]).args(&command[1..]).spawn().unwrap();
        let command = command.iter().map(|&word| word.to_owned()).collect();
        let identity = ProcessIdentity {
            pid: child.id(),
            command,
        };
        while !identity.is_running().unwrap() {
            std::thread::yield_now();
        }
        (
            child,
            ProcessRecord {
                name: name.to_owned(),
                identity,
                log: PathBuf::from("x.log"),
                exit: None,
            },
        )
    }

    fn state(processes: Vec<ProcessRecord>) -> State {
        State {
            processes,
            ..State::new(Topology::pick().unwrap(), Path::new("filter.wasm")).unwrap()
        }
    }

    #[test]
    fn a_state_that_was_written_is_read_back() {
        let path = crate::scratch::folder("state").join("state.json");
        assert_eq!(State::read(&path).unwrap(), None);
        let written = state(Vec::new());
        written.write(&path).unwrap();
        assert_eq!(State::read(&path).unwrap(), Some(written));
        State::remove(&path).unwrap();
        State::remove(&path).unwrap();
        assert_eq!(State::read(&path).unwrap(), None);
    }

    #[test]
    fn a_file_that_is_no_state_is_an_error_and_not_an_empty_mesh() {
        let path = crate::scratch::folder("state-broken").join("state.json");
        std::fs::write(&path, "{\"processes\":[").unwrap();
        assert!(matches!(State::read(&path), Err(StateError::Content { .. })));
    }

    #[test]
    fn this_process_owns_a_new_state() {
        assert!(state(Vec::new()).owner_is_running().unwrap());
    }

    #[tokio::test]
    async fn ending_ends_ours_and_leaves_a_stranger_with_a_reused_id_alone() {
        let (mut ours, our_record) = record("ours", &["/bin/sleep", "61"]);
        let (mut stranger, mut stale_record) = record("stale", &["/bin/sleep", "62"]);
        stale_record.identity.command = vec!["envoy".into(), "--config-path".into()];
        let state = state(vec![our_record, stale_record]);
        assert_eq!(state.end_processes(GRACE).await.unwrap(), ["ours"]);
        assert!(!ours.wait().unwrap().success());
        assert_eq!(stranger.try_wait().unwrap(), None);
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        assert_eq!(state.end_processes(GRACE).await.unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_death_is_told_with_its_cause_where_it_is_known() {
        let (mut child, mut gone) = record("orders' Envoy", &["/bin/sleep", "63"]);
        assert_eq!(state(vec![gone.clone()]).deaths().unwrap(), Vec::<String>::new());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(
            state(vec![gone.clone()]).deaths().unwrap(),
            ["orders' Envoy is no longer running"]
        );
        gone.exit = Some("signal 9 (SIGKILL)".into());
        assert_eq!(
            state(vec![gone]).deaths().unwrap(),
            ["orders' Envoy ended: signal 9 (SIGKILL)"]
        );
    }
}
