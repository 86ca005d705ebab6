//! Why a mesh cannot be made, started or ended.

use std::path::PathBuf;

use spiffe_authz_envoy_config::{InvalidAddress, InvalidPath};
use spiffe_authz_pki::PkiError;

use crate::envoy_process::EnvoyError;
use crate::layout::LayoutError;
use crate::policies::PoliciesError;
use crate::process::ProcessError;
use crate::state_error::StateError;

/// A mesh that cannot be made, started or ended.
#[derive(Debug, thiserror::Error)]
pub enum MeshError {
    /// A file that the mesh needs is not there.
    #[error("{what} `{}` is not there; {fix}", path.display())]
    Missing {
        /// What it is.
        what: &'static str,
        /// Where it should be.
        path: PathBuf,
        /// How to get it.
        fix: &'static str,
    },
    /// No free ports.
    #[error("cannot find free ports on loopback")]
    Ports(#[source] std::io::Error),
    /// The operating system does not say how this process was started.
    #[error("cannot find the command line of this process")]
    OwnProcess(#[source] std::io::Error),
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An application does not serve.
    #[error("{name} does not serve: {reason}; its log `{}` ends with\n{tail}", log.display())]
    Application {
        /// The application.
        name: String,
        /// Why, or how it ended.
        reason: String,
        /// Its log.
        log: PathBuf,
        /// The end of its log.
        tail: String,
    },
    /// The folders.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A path that Envoy's configuration cannot hold.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// An address that is not on loopback.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// The SVIDs.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The policies.
    #[error(transparent)]
    Policies(#[from] PoliciesError),
    /// A process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// An Envoy.
    #[error(transparent)]
    Envoy(#[from] EnvoyError),
    /// The state file.
    #[error(transparent)]
    State(#[from] StateError),
}
