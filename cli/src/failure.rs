//! [`Failure`]: why a verb ended early, and the exit code that says so.

use std::path::PathBuf;
use std::process::ExitCode;

use spiffe_authz_policy::ConfigErrors;

use crate::simulate::SimulateError;

/// Exit codes: 1 an error of use or of input and output, 3 an invalid configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file that cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: std::io::Error },
    /// Standard output that cannot be written.
    #[error("cannot write the answers: {0}")]
    Unwritable(std::io::Error),
    /// A line that is no request document.
    #[error("`{}` line {line}: not a request document: {errors}", path.display())]
    Request {
        path: PathBuf,
        line: usize,
        errors: ConfigErrors,
    },
    /// A configuration that is neither JSON nor YAML.
    #[error("`{}`: {reason}", path.display())]
    Syntax { path: PathBuf, reason: String },
    /// A configuration that does not compile.
    #[error("`{}`: {errors}", path.display())]
    Invalid { path: PathBuf, errors: ConfigErrors },
    /// The filter could not be run on the requests.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unreadable { .. } | Self::Unwritable(_) | Self::Request { .. } => ExitCode::from(1),
            Self::Simulate(_) => ExitCode::from(1),
            Self::Syntax { .. } | Self::Invalid { .. } => ExitCode::from(3),
        }
    }
}
