//! [`RequestError`]: why there is no request to judge.

use std::path::PathBuf;

use spiffe_authz_analysis::observed::LineError;
use spiffe_authz_policy::ConfigErrors;

/// Which input is not what it should be, and where.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// Nothing says what to judge.
    #[error(
        "no request: describe one by flags (such as `--peer spiffe://cluster.local/ns/shop/sa/frontend --method GET \
         --path /orders/1`), or name a file (`--request`, `--access-log`, `--audit`)"
    )]
    None,
    /// A file that cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: std::io::Error },
    /// A file over the limit.
    #[error("`{}` is larger than {limit} bytes, the most that is read at once: split it", path.display())]
    TooLarge { path: PathBuf, limit: usize },
    /// A file that is neither JSON nor YAML.
    #[error("`{origin}` is neither JSON nor YAML: {reason}")]
    Syntax { origin: String, reason: String },
    /// An argument that is neither JSON nor a file of it.
    #[error("`{flag}`: {reason}")]
    Argument { flag: &'static str, reason: String },
    /// A file without a request in it.
    #[error("`{origin}` has no {what} in it")]
    Empty { origin: String, what: &'static str },
    /// A document that describes no request.
    #[error("{origin}: not a request document: {errors}")]
    Document { origin: String, errors: ConfigErrors },
    /// A line that is not of the log.
    #[error("{origin}: {error}")]
    Line { origin: String, error: LineError },
    /// A line of the other kind of log.
    #[error("{origin}: not {expected}: use `{flag}` for it")]
    OtherLog {
        origin: String,
        expected: &'static str,
        flag: &'static str,
    },
    /// A line of which too much is missing.
    #[error("{origin}: {reason}")]
    Incomplete { origin: String, reason: String },
}
