//! Why a command of the demo could not do its work.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::layout::LayoutError;
use crate::lock::LockError;
use crate::mesh_error::MeshError;
use crate::migration::error::MigrationError;
use crate::policies::PoliciesError;
use crate::process::ProcessError;
use crate::row_runner::RowError;
use crate::state_error::StateError;
use crate::transport_failure::TransportFailure;
use crate::workload::Workload;

/// Why a command of the demo could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No Envoy was named.
    #[error("no Envoy is named: --envoy \"$(scripts/fetch-envoy.sh)\", or use `make demo`")]
    NoEnvoy,
    /// A mesh is up already.
    #[error("a mesh is already up in `{}` (process {owner}); `make demo-down` ends it", folder.display())]
    AlreadyUp {
        /// The process that owns it.
        owner: u32,
        /// Its folder.
        folder: PathBuf,
    },
    /// No mesh is up.
    #[error("no mesh is up in `{}`; `make demo-up` starts one", folder.display())]
    NotUp {
        /// The folder.
        folder: PathBuf,
    },
    /// The keeper ended or did not become ready.
    #[error("the mesh did not come up: {reason}\n{tail}")]
    KeeperFailed {
        /// How the keeper ended, or what it did not do.
        reason: String,
        /// What it said.
        tail: String,
    },
    /// Where this program or the current folder is, is not known.
    #[error("cannot find the path of this program or of the current folder")]
    OwnPath(#[source] io::Error),
    /// Signals cannot be listened for.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// An address is taken.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The edited policies are no YAML.
    #[error("`{}`: {error}", path.display())]
    Policies {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: PoliciesError,
    },
    /// An Envoy's admin interface does not answer.
    #[error("the admin interface of {} Envoy: {failure}", workload.possessive())]
    Admin {
        /// Whose Envoy.
        workload: Workload,
        /// What happened.
        failure: TransportFailure,
    },
    /// An Envoy does not have a counter that it should have.
    #[error("{} Envoy has no counter `{name}` for the configuration of the filter", workload.possessive())]
    NoCounter {
        /// Whose Envoy.
        workload: Workload,
        /// The end of the counter's name.
        name: &'static str,
    },
    /// An Envoy did not notice its new configuration.
    #[error("{} Envoy did not notice the new policies within {after:?}", workload.possessive())]
    NotNoticed {
        /// Whose Envoy.
        workload: Workload,
        /// How long it was waited for.
        after: Duration,
    },
    /// The folder.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The state file.
    #[error(transparent)]
    State(#[from] StateError),
    /// The mesh.
    #[error(transparent)]
    Mesh(#[from] MeshError),
    /// A process.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The rows.
    #[error(transparent)]
    Row(#[from] RowError),
    /// An Envoy refused policies that the demo has made.
    #[error("{} Envoy refused the policies of the walk; its log says why", workload.possessive())]
    Refused {
        /// Whose Envoy.
        workload: Workload,
    },
    /// A step of the migration.
    #[error(transparent)]
    Migration(#[from] MigrationError),
}
