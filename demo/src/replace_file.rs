//! Files that are replaced in one step.

use std::io;
use std::path::Path;

/// Writes a file under a temporary name beside it and renames it over the old one: a reader sees the old text
/// or the new one, and a watcher a move.
///
/// # Errors
/// The operating system's.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    std::fs::write(&temporary, text)?;
    std::fs::rename(&temporary, path)
}
