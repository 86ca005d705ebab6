//! [`DemoCommand`]: the demo's binary, on a mesh of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use spiffe_authz_demo::layout::Layout;
use spiffe_authz_demo::process_identity::command_line;
use spiffe_authz_demo::process_record::ProcessRecord;
use spiffe_authz_demo::state::State;

use crate::scratch::Scratch;
use crate::workspace;

/// A subcommand that takes longer hangs. Starting a mesh may take a minute, ending it half of one.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// The demo in a folder of its own. A mesh that is still up is taken down with this value.
pub struct DemoCommand {
    binary: PathBuf,
    scratch: Scratch,
}

impl DemoCommand {
    /// The demo of this build.
    ///
    /// # Errors
    /// When its binary is not there.
    pub fn new(name: &str) -> Result<Self, String> {
        Ok(Self {
            binary: binary()?,
            scratch: Scratch::new(name)?,
        })
    }

    /// Runs a subcommand that starts a mesh.
    ///
    /// # Errors
    /// When it cannot be run or takes too long.
    pub fn start(&self, subcommand: &str) -> Result<Output, String> {
        self.start_with(subcommand, &[])
    }

    /// Runs a subcommand that starts a mesh, with options of its own.
    ///
    /// # Errors
    /// When it cannot be run or takes too long.
    pub fn start_with(&self, subcommand: &str, options: &[&str]) -> Result<Output, String> {
        let (envoy, filter) = (workspace::envoy()?, workspace::filter_wasm()?);
        let mut command = self.command(subcommand);
        command.arg("--envoy").arg(envoy).arg("--filter").arg(filter);
        command.args(options);
        finish(command)
    }

    /// Runs another subcommand.
    ///
    /// # Errors
    /// When it cannot be run or takes too long.
    pub fn run(&self, subcommand: &str) -> Result<Output, String> {
        finish(self.command(subcommand))
    }

    /// The processes of the mesh.
    ///
    /// # Errors
    /// When no mesh is up.
    pub fn processes(&self) -> Result<Vec<ProcessRecord>, String> {
        let layout = Layout::new(&self.folder()).map_err(|error| error.to_string())?;
        let state = State::read(&layout.state()).map_err(|error| error.to_string())?;
        Ok(state.ok_or("no mesh is up")?.processes)
    }

    /// Where the mesh keeps its files.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.scratch.path().join("mesh")
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .arg(subcommand)
            .arg("--directory")
            .arg(self.folder())
            .current_dir(self.scratch.path());
        command
    }
}

impl Drop for DemoCommand {
    fn drop(&mut self) {
        if let Err(error) = self.run("down") {
            eprintln!("the mesh was not taken down: {error}");
        }
    }
}

/// Kills one process of the mesh at once and waits until it has gone.
///
/// # Errors
/// When it cannot be killed.
pub fn kill(process: &ProcessRecord) -> Result<(), String> {
    let pid = process.identity.pid;
    let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
    if !killed.map_err(|error| error.to_string())?.success() {
        return Err(format!("{} cannot be killed", process.name));
    }
    let started = Instant::now();
    while is_there(process)? {
        if started.elapsed() > PATIENCE {
            return Err(format!("{} is still there", process.name));
        }
        sleep(POLL);
    }
    Ok(())
}

/// Whether the process is there.
///
/// # Errors
/// When the operating system does not say.
pub fn is_there(process: &ProcessRecord) -> Result<bool, String> {
    let command = command_line(process.identity.pid).map_err(|error| error.to_string())?;
    Ok(command.is_some_and(|command| process.identity.command.contains(&command)))
}

/// The binary lies beside the folder of the test binaries.
fn binary() -> Result<PathBuf, String> {
    let test = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = test.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let binary = folder.join("spiffe-authz-demo");
    if binary.is_file() {
        Ok(binary)
    } else {
        Err(format!(
            "`{}` is missing: run `cargo build -p spiffe-authz-demo`",
            binary.display()
        ))
    }
}

/// Waits for the end with a deadline; what hangs is killed.
fn finish(mut command: Command) -> Result<Output, String> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let started = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if started.elapsed() > PATIENCE {
            child.kill().map_err(|error| error.to_string())?;
            let output = child.wait_with_output().map_err(|error| error.to_string())?;
            return Err(format!(
                "{command:?} hangs: {}",
                String::from_utf8_lossy(&output.stdout)
            ));
        }
        sleep(POLL);
    }
    child.wait_with_output().map_err(|error| error.to_string())
}
