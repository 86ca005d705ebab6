//! [`Child`]: a process that answers each line by a line.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{self, ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;

/// A process that answers each line by a line. It ends with this value.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts this program.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        program: &Path,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Self, String> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let failed = |error| format!("cannot start `{}`: {error}", program.display());
        let mut process = command.spawn().map_err(failed)?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        Ok(Self {
            input: input.ok_or("no standard input")?,
            output: BufReader::new(output.ok_or("no standard output")?),
            process,
        })
    }

    /// The next line that it writes.
    ///
    /// # Errors
    /// When it has ended.
    pub fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err("a process has ended: see what it said above".to_owned()),
            Ok(_) => Ok(line.trim_end().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Sends an empty line; the answer.
    ///
    /// # Errors
    /// When there is none, or it is of another kind.
    pub fn ask<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        self.input.write_all(b"\n").map_err(|error| error.to_string())?;
        let line = self.line()?;
        serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
