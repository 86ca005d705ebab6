//! [`Outcome`]: how a verb ended that could do its work, as an exit code.

use std::process::ExitCode;

/// What the answer was. An error of use or of a file, and an invalid configuration, are a
/// [`Failure`](crate::failure::Failure).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// It was done; of a question, the answer is yes: 0.
    Yes,
    /// The answer is no: a request is denied, a test failed, a certificate is no SVID: 2.
    No,
    /// Lints at the threshold: 3, as for what is invalid.
    Findings,
    /// Something is allowed that was not: 4.
    NewlyAllowed,
}

impl Outcome {
    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Yes => ExitCode::SUCCESS,
            Self::No => ExitCode::from(2),
            Self::Findings => ExitCode::from(3),
            Self::NewlyAllowed => ExitCode::from(4),
        }
    }
}
