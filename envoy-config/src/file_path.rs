//! A path that can stand in a JSON document.

use std::fmt;
use std::path::{Path, PathBuf};

/// The path of a file or folder as Envoy is to open it: UTF-8, because JSON is, and not empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath(String);

/// Why a path cannot stand in a bootstrap.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPath {
    /// JSON is UTF-8, so another byte sequence would name another file.
    #[error("the path `{}` is not UTF-8: choose a folder whose name is", .0.display())]
    NotUtf8(PathBuf),
    /// Envoy refuses an empty path.
    #[error("the path `` is empty: name a file")]
    Empty,
}

impl FilePath {
    /// Takes a path as it stands; nothing is resolved or normalised.
    ///
    /// # Errors
    /// [`InvalidPath`] if the path is empty or not UTF-8.
    pub fn new(path: impl Into<PathBuf>) -> Result<Self, InvalidPath> {
        let text = path.into().into_os_string().into_string();
        let text = text.map_err(|path| InvalidPath::NotUtf8(path.into()))?;
        if text.is_empty() {
            Err(InvalidPath::Empty)
        } else {
            Ok(Self(text))
        }
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path for the file system.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// The folder that holds the file; `.` for a bare file name.
    #[must_use]
    pub fn folder(&self) -> Self {
        let folder = self.0.rsplit_once('/').map(|(folder, _)| folder);
        Self(match folder {
            None => ".".to_owned(),
            Some("") => "/".to_owned(),
            Some(folder) => folder.to_owned(),
        })
    }
}

impl TryFrom<PathBuf> for FilePath {
    type Error = InvalidPath;

    fn try_from(path: PathBuf) -> Result<Self, InvalidPath> {
        Self::new(path)
    }
}

impl TryFrom<&Path> for FilePath {
    type Error = InvalidPath;

    fn try_from(path: &Path) -> Result<Self, InvalidPath> {
        Self::new(path)
    }
}

impl TryFrom<&str> for FilePath {
    type Error = InvalidPath;

    fn try_from(path: &str) -> Result<Self, InvalidPath> {
        Self::new(path)
    }
}

impl AsRef<Path> for FilePath {
    fn as_ref(&self) -> &Path {
        self.as_path()
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn a_path_that_is_not_utf_8_is_an_error_that_shows_it() {
        let error = FilePath::new(OsString::from_vec(b"/run/\xff".to_vec())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the path `/run/\u{fffd}` is not UTF-8: choose a folder whose name is"
        );
    }

    #[test]
    fn an_empty_path_is_an_error() {
        assert_eq!(FilePath::new("").unwrap_err(), InvalidPath::Empty);
    }

    #[test]
    fn the_folder_of_a_file_is_all_before_its_name() {
        for (file, folder) in [
            ("/a/b.yaml", "/a"),
            ("/b.yaml", "/"),
            ("b.yaml", "."),
            ("a/b.yaml", "a"),
        ] {
            assert_eq!(FilePath::new(file).unwrap().folder().as_str(), folder);
        }
    }
}
