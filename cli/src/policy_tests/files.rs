//! Which files of tests: those that are named, and those in the folders that are named.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::policy_tests::failure::TestsFailure;

/// How the name of a file of tests ends.
const ENDINGS: [&str; 3] = [".test.yaml", ".test.yml", ".test.json"];

/// The files in the order of the arguments, those of a folder and its folders sorted by name. A file may be called
/// anything.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        add_folder(path, &mut files)?;
        if files.len() == before {
            return Err(TestsFailure::NoFiles { path: path.clone() }.into());
        }
    }
    Ok(files)
}

/// Symbolic links to folders are not followed: they may go round in a circle.
fn add_folder(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |reason| Failure::Unreadable {
        path: folder.to_owned(),
        reason,
    };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
        entries.push((shown(&entry.path()), is_folder));
    }
    entries.sort();
    for (path, is_folder) in entries {
        if is_folder && !is_hidden(&path) {
            add_folder(&path, files)?;
        } else if !is_folder && is_test(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// `./a` is `a`: the folder that nobody named is in no message.
fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

/// Whether it is a folder such as `.git`.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with('.'))
}

pub(super) fn is_test(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| ENDINGS.iter().any(|ending| name.ends_with(ending)))
}
