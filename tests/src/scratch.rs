//! [`Scratch`]: a folder for the files of one test.

use std::fs;
use std::path::{Path, PathBuf};

use spiffe_authz_envoy_config::FilePath;

/// A folder below the system's temporary folder. It goes with this value, unless a test is failing: then its logs
/// are worth reading.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    fate: Fate,
}

/// What becomes of the folder at the end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    Removed,
    Kept,
}

impl Scratch {
    /// A new empty folder whose name holds `name` and the id of this process.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(name: &str) -> Result<Self, String> {
        let path = std::env::temp_dir().join(format!("spiffe-authz-tests-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("cannot make `{}`: {error}", path.display()))?;
        let fate = Fate::Removed;
        Ok(Self { path, fate })
    }

    /// Leaves the folder where it is, and names it.
    #[must_use]
    pub fn keep(mut self) -> PathBuf {
        self.fate = Fate::Kept;
        self.path.clone()
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it, as Envoy is told it.
    ///
    /// # Errors
    /// When the temporary folder is not UTF-8.
    pub fn file(&self, name: &str) -> Result<FilePath, String> {
        FilePath::new(self.path.join(name)).map_err(|error| error.to_string())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.fate == Fate::Kept {
            return;
        }
        if std::thread::panicking() {
            eprintln!("the files of the failed test are in {}", self.path.display());
        } else if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("cannot remove {}: {error}", self.path.display());
        }
    }
}
