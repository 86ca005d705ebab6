//! [`Failure`]: why a verb ended early, and the exit code that says so.

use std::path::PathBuf;
use std::process::ExitCode;

use spiffe_authz_analysis::difference::DifferenceError;
use spiffe_authz_policy::ConfigErrors;

use crate::diagnostics::Report;
use crate::policy_tests::TestsFailure;
use crate::render::RenderError;
use crate::request::RequestError;
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
    /// A file that cannot be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    Unwritten { path: PathBuf, reason: std::io::Error },
    /// Arguments that mean nothing together, or a file that is not what they say.
    #[error("{0}")]
    Use(String),
    /// A CA or an SVID that cannot be made, read or written.
    #[error("{0}")]
    Pki(spiffe_authz_pki::PkiError),
    /// A line that is no request document.
    #[error("`{}` line {line}: not a request document: {errors}", path.display())]
    Request {
        path: PathBuf,
        line: usize,
        errors: ConfigErrors,
    },
    /// Policies of which a file cannot be read; what is wrong with the others stands beside it.
    #[error("{0}")]
    UnreadableSources(Box<Report>),
    /// Policies that are no documents, or do not compile.
    #[error("{0}")]
    Invalid(Box<Report>),
    /// Policy tests that could not be run.
    #[error(transparent)]
    Tests(#[from] TestsFailure),
    /// The filter could not be run on the requests.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// Something could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// There is no request to judge.
    #[error(transparent)]
    Requests(#[from] RequestError),
    /// Two policy sets could not be compared.
    #[error(transparent)]
    Difference(#[from] DifferenceError),
    /// The work could not be done: the message is whole.
    #[error("{0}")]
    Work(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unreadable { .. }
            | Self::Unwritable(_)
            | Self::Unwritten { .. }
            | Self::Use(_)
            | Self::Pki(_)
            | Self::Request { .. }
            | Self::UnreadableSources(_)
            | Self::Simulate(_)
            | Self::Work(_)
            | Self::Requests(_) => ExitCode::from(1),
            Self::Render(error) if error.is_of_the_configuration() => ExitCode::from(3),
            Self::Render(_) => ExitCode::from(1),
            Self::Tests(_) | Self::Difference(DifferenceError::Unconfirmed { .. }) => ExitCode::from(1),
            Self::Invalid(_) | Self::Difference(DifferenceError::Invalid(_)) => ExitCode::from(3),
        }
    }

    /// What is wrong with the policies, if that is the reason.
    pub(crate) fn report(&self) -> Option<&Report> {
        if let Self::UnreadableSources(report)
        | Self::Invalid(report)
        | Self::Tests(TestsFailure::Form(report)) = self
        {
            Some(report)
        } else {
            None
        }
    }
}
