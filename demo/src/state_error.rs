//! Why the state of a mesh cannot be read, written or cleared away.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A state that cannot be read, written or cleared away.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read or written.
    #[error("cannot {action} the state of the mesh, `{}`", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("`{}` does not hold the state of a mesh; end its processes yourself, then remove the file", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The operating system does not say whether a process runs, or does not let us end it.
    #[error("cannot watch or end {name} (process {pid})")]
    Process {
        /// The process.
        name: String,
        /// Its id.
        pid: u32,
        /// Why.
        source: io::Error,
    },
    /// A process was killed and is still there.
    #[error("{name} (process {pid}) did not end within {after:?} of being killed")]
    Immortal {
        /// The process.
        name: String,
        /// Its id.
        pid: u32,
        /// How long it was waited for.
        after: Duration,
    },
}
