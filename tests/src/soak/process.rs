//! [`Process`]: a child that can be killed and started again.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, Command};

/// A child process. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    id: u32,
}

impl Process {
    /// Starts the command with this log, which is emptied first.
    pub(super) fn start(command: &[String], log: &Path) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("an empty command")?;
        let failed = |error| format!("cannot start `{program}`: {error}");
        let output = File::create(log).map_err(failed)?;
        let errors = output.try_clone().map_err(failed)?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let id = child.id().ok_or("a process without an id")?;
        Ok(Self { child, id })
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Kills it by SIGKILL, and waits until it is gone.
    pub(super) async fn kill(&mut self) -> Result<(), String> {
        self.child.kill().await.map_err(|error| error.to_string())
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Result<Option<String>, String> {
        let status = self.child.try_wait().map_err(|error| error.to_string())?;
        Ok(status.map(|status| status.to_string()))
    }
}
