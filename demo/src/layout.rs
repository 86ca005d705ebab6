//! The folder of the demo, and what lies where in it.
//!
//! ```text
//! target/demo/
//!   state.json           which processes run, and where they listen
//!   lock                 held by the command that is at work
//!   policies.yaml        the policies in force, to be edited
//!   keeper.log           what the process said that owns a mesh which was left running
//!   logs/                the output of every process, and the access logs
//!   orders/              (and frontend/, payments/)
//!     envoy.json         the bootstrap
//!     plugin.ecds.json   the filter's configuration, which Envoy watches
//!     svid/              the SVID, its key and the trust bundle, which Envoy watches
//! ```

use std::path::{Path, PathBuf};

use spiffe_authz_envoy_config::{FilePath, InvalidPath};

use crate::workload::Workload;

/// The folder of the demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

/// A folder that cannot hold the demo.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The path cannot stand in an Envoy configuration.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// The path cannot be made absolute, or a folder cannot be made.
    #[error("cannot make the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Layout {
    /// The layout below this folder, which need not exist.
    ///
    /// # Errors
    /// When the path is not UTF-8 (Envoy's configuration is), or there is no current folder.
    pub fn new(root: &Path) -> Result<Self, LayoutError> {
        let absolute = std::path::absolute(root).map_err(|source| LayoutError::Folder {
            path: root.to_owned(),
            source,
        })?;
        FilePath::new(absolute.clone())?;
        Ok(Self { root: absolute })
    }

    /// Makes the folders, those that are not there yet.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn create(&self) -> Result<(), LayoutError> {
        let workloads = Workload::ALL.into_iter().map(|workload| self.workload(workload));
        for path in workloads.chain([self.logs()]) {
            std::fs::create_dir_all(&path).map_err(|source| LayoutError::Folder { path, source })?;
        }
        Ok(())
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Which processes run.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.root.join("state.json")
    }

    /// Held by the command that is at work.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// The policies in force.
    #[must_use]
    pub fn policies(&self) -> PathBuf {
        self.root.join("policies.yaml")
    }

    /// What the owner of a mesh that was left running said. Not among the logs, which a new mesh removes.
    #[must_use]
    pub fn keeper_log(&self) -> PathBuf {
        self.root.join("keeper.log")
    }

    /// All logs.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// The log of one process.
    #[must_use]
    pub fn log(&self, process: &str) -> PathBuf {
        self.logs().join(format!("{process}.log"))
    }

    /// The access log of the workload's Envoy: one JSON object a line.
    #[must_use]
    pub fn access_log(&self, workload: Workload) -> PathBuf {
        self.logs().join(format!("{workload}-access.jsonl"))
    }

    /// What belongs to one workload.
    #[must_use]
    pub fn workload(&self, workload: Workload) -> PathBuf {
        self.root.join(workload.name())
    }

    /// The SVID of the workload.
    #[must_use]
    pub fn svid(&self, workload: Workload) -> PathBuf {
        self.workload(workload).join("svid")
    }

    /// The filter's configuration for the workload's Envoy.
    #[must_use]
    pub fn ecds(&self, workload: Workload) -> PathBuf {
        self.workload(workload).join("plugin.ecds.json")
    }
}
