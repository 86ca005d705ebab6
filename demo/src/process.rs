//! One child process: its log, whether it still runs, and how it ended.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// What to start, and where its output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The name that messages use, such as `orders' Envoy`.
    pub name: String,
    /// The program's path and its arguments.
    pub command: Vec<String>,
    /// The file that gets standard output and standard error; it is emptied first.
    pub log: PathBuf,
}

/// Whether a process ends together with its starter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Dropping the [`ManagedProcess`] kills the process.
    Bound,
    /// The process goes on after its starter has ended.
    Detached,
}

/// A failure to start, watch or end a process.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The command to start is empty.
    #[error("{name} has no command to start")]
    NoCommand {
        /// The process.
        name: String,
    },
    /// The log file cannot be made.
    #[error("cannot write the log of {name}, `{}`", log.display())]
    Log {
        /// The process.
        name: String,
        /// The file.
        log: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The program cannot be started.
    #[error("cannot start {name}, `{program}`")]
    Start {
        /// The process.
        name: String,
        /// The program's path.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The operating system does not say how the process is.
    #[error("cannot watch or end {name}")]
    Watch {
        /// The process.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The process was killed and is still there.
    #[error("{name} (process {pid}) did not end within {after:?} of being killed")]
    Immortal {
        /// The process.
        name: String,
        /// Its id.
        pid: u32,
        /// How long it was waited for.
        after: Duration,
    },
}

/// A process that this one started. It runs in a process group of its own, so that a Ctrl-C at the terminal
/// reaches the starter alone, which then ends its processes in order.
#[derive(Debug)]
pub struct ManagedProcess {
    launch: Launch,
    pid: u32,
    child: Child,
    asked_to_end: bool,
}

impl ManagedProcess {
    /// Starts the process with an empty standard input.
    ///
    /// # Errors
    /// When the log cannot be written or the program cannot be started.
    pub fn spawn(launch: Launch, lifetime: Lifetime) -> Result<Self, ProcessError> {
        let mut command = prepare(&launch)?;
        command.kill_on_drop(lifetime == Lifetime::Bound);
        let child = command.spawn().map_err(|source| start_error(&launch, source))?;
        let pid = child
            .id()
            .ok_or_else(|| start_error(&launch, io::Error::other("it has no process id")))?;
        Ok(Self {
            launch,
            pid,
            child,
            asked_to_end: false,
        })
    }

    /// What was started.
    #[must_use]
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// The name that messages use.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.launch.name
    }

    /// The process id; it may be another's once the process has ended.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.pid
    }

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.launch.log
    }

    /// How the process ended, `None` while it runs.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn exit(&mut self) -> Result<Option<ExitStatus>, ProcessError> {
        self.child
            .try_wait()
            .map_err(|source| watch_error(&self.launch, source))
    }

    /// Sends SIGTERM, once, unless the process has ended already.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub fn ask_to_end(&mut self) -> Result<(), ProcessError> {
        if !self.asked_to_end && self.exit()?.is_none() {
            self.terminate()?;
            self.asked_to_end = true;
        }
        Ok(())
    }

    /// Asks the process to end by SIGTERM, kills it after `grace`, and returns how it ended.
    ///
    /// # Errors
    /// When it cannot be signalled, or is still there `grace` after it was killed.
    pub async fn stop(&mut self, grace: Duration) -> Result<ExitStatus, ProcessError> {
        self.ask_to_end()?;
        if let Ok(status) = timeout(grace, self.child.wait()).await {
            return status.map_err(|source| watch_error(&self.launch, source));
        }
        self.kill(grace).await
    }

    /// Sends SIGTERM. The child is not reaped yet, so its id is still its own.
    fn terminate(&self) -> Result<(), ProcessError> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| watch_error(&self.launch, io::Error::other("its id is out of range")))?;
        kill_process(pid, Signal::TERM).map_err(|errno| watch_error(&self.launch, errno.into()))
    }

    async fn kill(&mut self, patience: Duration) -> Result<ExitStatus, ProcessError> {
        self.child
            .start_kill()
            .map_err(|source| watch_error(&self.launch, source))?;
        match timeout(patience, self.child.wait()).await {
            Ok(status) => status.map_err(|source| watch_error(&self.launch, source)),
            Err(_elapsed) => Err(ProcessError::Immortal {
                name: self.launch.name.clone(),
                pid: self.pid,
                after: patience,
            }),
        }
    }
}

/// How a process ended, in words: `exit status 1`, `signal 9 (SIGKILL)`.
#[must_use]
pub fn describe_exit(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => match signal_name(signal) {
            Some(name) => format!("signal {signal} ({name})"),
            None => format!("signal {signal}"),
        },
        (None, Some(code)) => format!("exit status {code}"),
        (None, None) => status.to_string(),
    }
}

/// The signals that have the same number on Linux and macOS.
fn signal_name(signal: i32) -> Option<&'static str> {
    const NAMES: [(i32, &str); 11] = [
        (1, "SIGHUP"),
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (6, "SIGABRT"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (13, "SIGPIPE"),
        (14, "SIGALRM"),
        (15, "SIGTERM"),
    ];
    NAMES
        .iter()
        .find(|(number, _)| *number == signal)
        .map(|(_, name)| *name)
}

fn prepare(launch: &Launch) -> Result<Command, ProcessError> {
    let (program, arguments) = launch
        .command
        .split_first()
        .ok_or_else(|| ProcessError::NoCommand {
            name: launch.name.clone(),
        })?;
    let log_error = |source| ProcessError::Log {
        name: launch.name.clone(),
        log: launch.log.clone(),
        source,
    };
    let output = File::create(&launch.log).map_err(log_error)?;
    let errors = output.try_clone().map_err(log_error)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0);
    Ok(command)
}

fn start_error(launch: &Launch, source: io::Error) -> ProcessError {
    let program = launch.command.first().cloned().unwrap_or_default();
    ProcessError::Start {
        name: launch.name.clone(),
        program,
        source,
    }
}

fn watch_error(launch: &Launch, source: io::Error) -> ProcessError {
    ProcessError::Watch {
        name: launch.name.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process_identity::command_line;

    fn launch(test: &str, command: &[&str]) -> Launch {
        Launch {
            name: test.to_owned(),
            command: command.iter().map(|&word| word.to_owned()).collect(),
            log: crate::scratch::folder(test).join("process.log"),
        }
    }

    fn shell(test: &str, script: &str) -> ManagedProcess {
        ManagedProcess::spawn(launch(test, &["/bin/sh", "-c", script]), Lifetime::Bound).unwrap()
    }

    #[tokio::test]
    async fn stopping_ends_a_process_by_sigterm() {
        let mut process =
            ManagedProcess::spawn(launch("term", &["/bin/sleep", "60"]), Lifetime::Bound).unwrap();
        assert_eq!(process.exit().unwrap(), None);
        let status = process.stop(Duration::from_secs(5)).await.unwrap();
        assert_eq!(describe_exit(status), "signal 15 (SIGTERM)");
    }

    #[tokio::test]
    async fn a_process_that_ignores_sigterm_is_killed() {
        let mut process = shell(
            "stubborn",
            "trap '' TERM; echo ready; while :; do sleep 0.05; done",
        );
        while std::fs::read_to_string(process.log()).unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let status = process.stop(Duration::from_millis(200)).await.unwrap();
        assert_eq!(describe_exit(status), "signal 9 (SIGKILL)");
    }

    #[tokio::test]
    async fn stopping_twice_gives_the_same_status() {
        let mut process = shell("twice", "exit 3");
        let first = process.stop(Duration::from_secs(5)).await.unwrap();
        assert_eq!(process.stop(Duration::from_secs(5)).await.unwrap(), first);
    }

    #[tokio::test]
    async fn the_exit_status_of_a_process_that_ended_by_itself_is_seen() {
        let mut process = shell("status", "echo to-the-log; exit 7");
        let status = loop {
            if let Some(status) = process.exit().unwrap() {
                break status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(describe_exit(status), "exit status 7");
        assert_eq!(std::fs::read_to_string(process.log()).unwrap(), "to-the-log\n");
    }

    #[tokio::test]
    async fn dropping_a_bound_process_kills_it() {
        let process =
            ManagedProcess::spawn(launch("dropped", &["/bin/sleep", "60"]), Lifetime::Bound).unwrap();
        let pid = process.id();
        drop(process);
        let gone = async {
            while command_line(pid).unwrap().is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), gone)
            .await
            .expect("the process is still there");
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let error =
            ManagedProcess::spawn(launch("missing", &["/no/such/program"]), Lifetime::Bound).unwrap_err();
        assert_eq!(error.to_string(), "cannot start missing, `/no/such/program`");
    }
}
