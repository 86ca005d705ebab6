//! [`TestsFailure`]: why tests could not be run.

use std::path::PathBuf;

use crate::diagnostics::Report;

/// An error of use, or of a file: exit code 1. Policies that are invalid are a
/// [`Failure`](crate::failure::Failure) of their own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TestsFailure {
    /// A file that is no file of policy tests, and everything that is wrong with it.
    #[error("{0}")]
    Form(Box<Report>),
    /// A folder without tests.
    #[error("no file `*.test.yaml`, `*.test.yml` or `*.test.json` in `{}`", path.display())]
    NoFiles { path: PathBuf },
    /// A filter that leaves nothing.
    #[error("no case has `{filter}` in its name; `--filter` looks for the text as it is")]
    NothingChosen { filter: String },
    /// Standard input cannot be watched.
    #[error("`--watch` needs files: standard input is read once")]
    StandardInputWatched,
    /// The system cannot watch files.
    #[error("cannot watch the files: {0}")]
    Unwatchable(notify::Error),
    /// A report that cannot be written.
    #[error("cannot write the report: {0}")]
    Report(String),
}
