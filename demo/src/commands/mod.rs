//! The subcommands of `spiffe-authz-demo`, one a file.

mod application;
mod apply;
mod down;
mod keep;
mod migrate;
mod rows;
mod run;
mod running;
mod start_options;
mod up;

use std::io::Write;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::error::DemoError;
use crate::layout::Layout;

/// A small mesh on loopback: three applications, their Envoys with the spiffe-authz filter, their SVIDs, and a
/// table of what may pass.
#[derive(Debug, Parser)]
#[command(name = "spiffe-authz-demo", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the mesh, print the table, end the mesh; exit status 1 if a row differs
    Run(start_options::StartOptions),
    /// Start the mesh and leave it running
    Up(start_options::StartOptions),
    /// Print the table of the running mesh; exit status 1 if a row differs
    Rows(Folder),
    /// Give the edited policies to the running mesh
    Apply(apply::ApplyOptions),
    /// Start the mesh, walk payments from PERMISSIVE to STRICT, end the mesh; exit status 2 if the walk stops before STRICT
    Migrate(migrate::MigrateOptions),
    /// End the running mesh
    Down(Folder),
    /// Own the mesh that `up` starts
    #[command(hide = true)]
    Keep(start_options::StartOptions),
    /// One application of the mesh
    #[command(hide = true)]
    Application(application::ApplicationOptions),
}

/// Where the demo keeps its files.
#[derive(Debug, Clone, clap::Args)]
struct Folder {
    /// The folder for configurations, SVIDs and logs
    #[arg(long, value_name = "FOLDER", default_value = "target/demo")]
    directory: PathBuf,
}

impl Folder {
    fn layout(&self) -> Result<Layout, DemoError> {
        Ok(Layout::new(&self.directory)?)
    }
}

/// How a command ended that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All is as it should be.
    Good,
    /// A row differs, or a process has died.
    Bad,
    /// It stopped half-way, because going on would refuse somebody.
    Stopped,
    /// A signal of this number ended it early.
    Interrupted(u8),
}

impl Arguments {
    /// Carries out the subcommand.
    ///
    /// # Errors
    /// When it cannot do its work.
    pub async fn execute(self) -> Result<End, DemoError> {
        match self.command {
            Command::Run(options) => run::run(&options).await,
            Command::Up(options) => up::up(&options).await,
            Command::Rows(folder) => rows::rows(&folder).await,
            Command::Apply(options) => apply::apply(&options).await,
            Command::Migrate(options) => migrate::migrate(&options).await,
            Command::Down(folder) => down::down(&folder).await,
            Command::Keep(options) => keep::keep(&options).await,
            Command::Application(options) => application::application(options).await,
        }
    }
}

/// Prints text. A reader that has gone (`| head`) must not end the demo before it has ended its processes.
fn print(text: &str) {
    let mut output = std::io::stdout().lock();
    let _reader_gone = output.write_all(text.as_bytes()).and_then(|()| output.flush());
}
