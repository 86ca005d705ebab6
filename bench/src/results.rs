//! Where figures are kept: `target/bench/` of the workspace.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

/// The file of this name under `target/bench/`; the folder is there afterwards.
///
/// # Errors
/// When the folder cannot be made.
pub fn path(name: &str) -> io::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let folder = root.unwrap_or(Path::new("")).join("target/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

/// Writes figures as `target/bench/NAME.json`.
///
/// # Errors
/// When the file cannot be written.
pub fn write_json(name: &str, figures: &Value) -> io::Result<PathBuf> {
    let file = path(&format!("{name}.json"))?;
    fs::write(&file, format!("{figures:#}\n"))?;
    Ok(file)
}
