//! Compiled modules on disk, so that a second test run does not wait for the compiler.

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use wasmtime::{Cache, CacheConfig};

mod seals;

/// Where a simulator keeps compiled modules from one process to the next.
///
/// Any number of processes may share a directory. An entry whose bytes have changed since it was written is compiled
/// anew; who can write to the directory can nevertheless make its readers run what he likes, as in any build directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModuleCache {
    /// `host-sim-cache` in Cargo's build directory that the running program lies in. A program outside a build directory, or
    /// in one that cannot be written to, has no cache on disk.
    #[default]
    BuildDirectory,
    /// This directory, which is made if it is not there.
    Directory(PathBuf),
    /// None: each process compiles for itself.
    Off,
}

/// The name of the cache in a build directory.
const NAME: &str = "host-sim-cache";

/// What Cargo puts into its build directories: the first if it makes the directory itself, the second always.
const TAGS: [&str; 2] = ["CACHEDIR.TAG", ".rustc_info.json"];

/// Entries, and their bytes, from which on the oldest are removed.
const SOFT_LIMITS: (u64, u64) = (4_096, 256 << 20);

/// A cache directory that is in use, with nothing in it that is not as it was written.
#[derive(Debug)]
pub(crate) struct OpenCache {
    directory: PathBuf,
    pub(crate) cache: Cache,
}

impl ModuleCache {
    /// Checks the directory and opens it; `None` is no cache.
    ///
    /// # Errors
    /// wasmtime's, where a directory that was asked for cannot be made.
    pub(crate) fn open(&self) -> wasmtime::Result<Option<OpenCache>> {
        match self {
            Self::BuildDirectory => Ok(build_directory().and_then(|directory| open(&directory).ok())),
            Self::Directory(directory) => open(directory).map(Some),
            Self::Off => Ok(None),
        }
    }
}

impl OpenCache {
    /// Vouches for what has been written since.
    pub(crate) fn seal(&self) {
        seals::seal(&self.directory);
    }
}

fn open(directory: &Path) -> wasmtime::Result<OpenCache> {
    let mut config = CacheConfig::new();
    let (count, bytes) = SOFT_LIMITS;
    // A better compression would rewrite entries that are sealed.
    let level = config.baseline_compression_level();
    config
        .with_directory(std::path::absolute(directory)?)
        .with_optimized_compression_level(level)
        .with_file_count_soft_limit(count)
        .with_files_total_size_soft_limit(bytes);
    let cache = Cache::new(config)?;
    let directory = cache.directory().clone();
    check_once(&directory);
    Ok(OpenCache { directory, cache })
}

/// Checks a directory the first time that this process opens it.
fn check_once(directory: &Path) {
    static CHECKED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    if checked.insert(directory.to_owned()) {
        seals::remove_what_changed(directory);
    }
}

fn build_directory() -> Option<PathBuf> {
    let program = env::current_exe().ok()?;
    let is_build = |above: &&Path| TAGS.iter().any(|tag| above.join(tag).is_file());
    Some(program.ancestors().find(is_build)?.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_finds_the_build_directory_that_it_was_built_into() {
        let directory = build_directory().unwrap();
        assert!(
            env::current_exe()
                .unwrap()
                .starts_with(directory.parent().unwrap())
        );
    }
}
