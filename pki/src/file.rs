//! Files that are written once.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::PkiError;

/// For what everybody may read.
pub(crate) const PUBLIC_MODE: u32 = 0o644;
/// For private keys.
pub(crate) const PRIVATE_MODE: u32 = 0o600;

/// Creates a file that nobody else could have opened before it had its mode.
pub(crate) fn write_new(path: &Path, content: &str, mode: u32) -> Result<(), PkiError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    written
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .map_err(|source| failed("write", path, source))
}

pub(crate) fn failed(action: &'static str, path: &Path, source: io::Error) -> PkiError {
    PkiError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
