//! A digest beside each cache entry: wasmtime runs what it reads there, and does not see every byte that has changed.
//!
//! The digest is against decay and half-written files, not against an enemy.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// Where wasmtime keeps its entries: a directory for each version of the compiler.
const ENTRIES: &str = "modules";

/// Where the digests are, by the same names.
const SEALS: &str = "seals";

/// Removes each entry without a digest of its bytes. One that another process has just written is compiled once more.
pub(super) fn remove_what_changed(directory: &Path) {
    for compiler in names(&directory.join(ENTRIES)) {
        let (entries, seals) = places(directory, &compiler);
        for name in entry_names(&entries) {
            if !is_sealed(&entries.join(&name), &seals.join(&name)) {
                // What cannot be removed cannot be replaced either; the next run tries again.
                let _failed = fs::remove_file(entries.join(&name));
                let _failed = fs::remove_file(seals.join(&name));
            }
        }
    }
}

/// Gives each entry that has none its digest; an entry without one is only compiled again.
pub(super) fn seal(directory: &Path) {
    for compiler in names(&directory.join(ENTRIES)) {
        let (entries, seals) = places(directory, &compiler);
        let sealed = names(&seals);
        for name in entry_names(&entries).difference(&sealed) {
            let _failed = write(&entries.join(name), &seals, name);
        }
    }
}

fn places(directory: &Path, compiler: &OsString) -> (PathBuf, PathBuf) {
    (
        directory.join(ENTRIES).join(compiler),
        directory.join(SEALS).join(compiler),
    )
}

fn is_sealed(entry: &Path, seal: &Path) -> bool {
    match (digest(entry), fs::read_to_string(seal)) {
        (Ok(digest), Ok(sealed)) => digest == sealed,
        (Err(_), _) | (_, Err(_)) => false,
    }
}

/// Only a whole digest ever has the entry's name.
fn write(entry: &Path, seals: &Path, name: &OsString) -> io::Result<()> {
    fs::create_dir_all(seals)?;
    let unfinished = seals.join(format!("{}.{}", name.display(), std::process::id()));
    fs::write(&unfinished, digest(entry)?)?;
    fs::rename(unfinished, seals.join(name))
}

fn digest(file: &Path) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&fs::read(file)?);
    Ok(format!("{:016x}", hasher.finish()))
}

/// wasmtime's notes about an entry have an extension, entries have none.
fn entry_names(directory: &Path) -> BTreeSet<OsString> {
    let mut names = names(directory);
    names.retain(|name| Path::new(name).extension().is_none());
    names
}

/// A directory that is not there has nothing in it.
fn names(directory: &Path) -> BTreeSet<OsString> {
    let listed = fs::read_dir(directory);
    let entries = listed.into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).collect()
}
