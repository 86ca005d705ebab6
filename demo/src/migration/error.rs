//! Why a step of the migration could not be done.

use std::path::PathBuf;

/// Why a step of the migration could not be done.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The command `spiffe-authz` is not there.
    #[error("the command `{}` is not there; build it by `cargo build -p spiffe-authz-cli`, or name one with --spiffe-authz", path.display())]
    NoCommand {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The command cannot be started.
    #[error("cannot start `{}`", path.display())]
    Start {
        /// The command.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The command did not do its work.
    #[error("`{command}` ended with {exit}: {said}")]
    Failed {
        /// The whole command.
        command: String,
        /// How it ended.
        exit: String,
        /// What it wrote to standard error.
        said: String,
    },
    /// The command's document is not what it should be.
    #[error("the JSON document of `{command}` cannot be read: `{document}`")]
    Document {
        /// The whole command.
        command: String,
        /// The document.
        document: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The policies are not those that the walk starts with.
    #[error("the policies have `mode: {mode}` {count} times; the walk changes the one of payments")]
    Policies {
        /// The mode that is looked for.
        mode: &'static str,
        /// How often it is there.
        count: usize,
    },
    /// A connection that is to be kept cannot be opened.
    #[error("cannot open a connection to payments: {reason}")]
    KeptConnection {
        /// What happened.
        reason: String,
    },
}
