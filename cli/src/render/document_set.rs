//! [`DocumentSet`]: files that belong together.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::render::error::RenderError;

/// Files by name, the first one the one that goes to standard output.
#[derive(Debug, Default)]
pub(crate) struct DocumentSet(Vec<(String, String)>);

impl DocumentSet {
    pub(crate) fn add(&mut self, name: impl Into<String>, text: String) {
        self.0.push((name.into(), text));
    }

    /// Writes every file into the folder, which is made if it is not there. Each is whole or as it was before: it is
    /// written beside its place and renamed. They are written from the last to the first, so that the first one names
    /// nothing that is not there.
    pub(crate) fn write_to(&self, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
        std::fs::create_dir_all(folder).map_err(|reason| unwritable(folder, reason))?;
        let mut written = Vec::new();
        for (name, text) in self.0.iter().rev() {
            let path = folder.join(name);
            replace(&path, text.as_bytes()).map_err(|reason| unwritable(&path, reason))?;
            written.insert(0, path);
        }
        Ok(written)
    }

    /// The first file.
    pub(crate) fn print_first(&self) -> Result<(), Failure> {
        let text = self.0.first().map_or("", |(_, text)| text.as_str());
        print(text)
    }

    /// The names of the others.
    pub(crate) fn others(&self) -> impl Iterator<Item = &str> {
        self.0.iter().skip(1).map(|(name, _)| name.as_str())
    }
}

/// Writes an answer.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(Failure::Unwritable)
}

/// Writes a file whole, or leaves it as it was: beside its place, and then renamed.
pub(crate) fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut file = std::fs::File::create(&beside)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written
        .and_then(|()| std::fs::rename(&beside, path))
        .inspect_err(|_| {
            // What is left of it is nobody's file.
            let _ = std::fs::remove_file(&beside);
        })
}

pub(crate) fn unwritable(path: &Path, reason: std::io::Error) -> RenderError {
    RenderError::Unwritable {
        path: path.to_owned(),
        reason,
    }
}
