//! Whether a process id still means the process that we started.
//!
//! Ids are used again after a process has ended, so an id read from a file is never signalled before the
//! command line behind it was compared with the one that was started.

use std::io;

use rustix::process::{Pid, Signal, kill_process};

/// A process as it was started: its id and its command line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessIdentity {
    /// The process id.
    pub pid: u32,
    /// The program's path and its arguments.
    pub command: Vec<String>,
}

impl ProcessIdentity {
    /// Whether this very process runs now. One that has ended and was not yet reaped does not run.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn is_running(&self) -> io::Result<bool> {
        Ok(command_line(self.pid)?.is_some_and(|found| found == self.command.join(" ")))
    }

    /// Sends the signal if this very process runs; says whether it did.
    ///
    /// # Errors
    /// When the operating system does not say, or refuses the signal.
    pub fn signal(&self, signal: Signal) -> io::Result<bool> {
        if !self.is_running()? {
            return Ok(false);
        }
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other(format!("`{}` is no process id", self.pid)))?;
        match kill_process(pid, signal) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// The command line of a running process, its words joined by spaces; `None` when there is no such process.
///
/// # Errors
/// When the operating system does not say.
#[cfg(target_os = "linux")]
pub fn command_line(pid: u32) -> io::Result<Option<String>> {
    let words = match std::fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(words) => words,
        // The second: the process ended between the opening and the reading of the file.
        Err(error) if error.kind() == io::ErrorKind::NotFound || is_no_such_process(&error) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let text = String::from_utf8_lossy(&words)
        .trim_end_matches('\0')
        .replace('\0', " ");
    Ok((!text.is_empty()).then_some(text))
}

#[cfg(target_os = "linux")]
fn is_no_such_process(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// The command line of a running process, its words joined by spaces; `None` when there is no such process.
///
/// # Errors
/// When `ps` cannot be run.
#[cfg(not(target_os = "linux"))]
pub fn command_line(pid: u32) -> io::Result<Option<String>> {
    let output = std::process::Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    Ok((output.status.success() && !text.is_empty() && text != "<defunct>").then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    fn sleeper() -> (Child, ProcessIdentity) {
        let child = Command::new("/bin/sleep").arg("60").spawn().unwrap();
        let identity = ProcessIdentity {
            pid: child.id(),
            command: vec!["/bin/sleep".into(), "60".into()],
        };
        // Until the new program has replaced the fork of this one, the command line is still ours.
        while !identity.is_running().unwrap() {
            std::thread::yield_now();
        }
        (child, identity)
    }

    #[test]
    fn a_process_with_the_same_command_line_is_ours_and_gets_the_signal() {
        let (mut child, identity) = sleeper();
        assert!(identity.signal(Signal::KILL).unwrap());
        assert!(!child.wait().unwrap().success());
        assert!(!identity.is_running().unwrap());
    }

    #[test]
    fn another_process_behind_the_same_id_is_left_alone() {
        let (mut child, mut identity) = sleeper();
        identity.command = vec![
            "/usr/bin/envoy".into(),
            "--config-path".into(),
            "orders.json".into(),
        ];
        assert!(!identity.signal(Signal::KILL).unwrap());
        assert_eq!(
            child.try_wait().unwrap(),
            None,
            "the other process must still run"
        );
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_that_ended_and_was_not_reaped_does_not_run() {
        let (mut child, identity) = sleeper();
        child.kill().unwrap();
        while identity.is_running().unwrap() {
            std::thread::yield_now();
        }
        assert!(!identity.signal(Signal::TERM).unwrap());
        child.wait().unwrap();
    }
}
