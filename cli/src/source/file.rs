//! [`Source`]: the text of a file, or of standard input.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use spiffe_authz_policy::Limits;

/// The text of a file.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    text: String,
    lines: OnceLock<Vec<usize>>,
}

/// Why a file has no text.
#[derive(Debug)]
pub(crate) enum FileProblem {
    /// It cannot be read at all.
    Unreadable(io::Error),
    /// It can, and is no document: what is wrong, and what to do about it.
    NoText { message: String, help: &'static str },
}

impl Source {
    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    /// A file that cannot be read, is larger than a document may be (which is seen before it is read), or is no text.
    pub(crate) fn read(path: &Path) -> Result<Self, FileProblem> {
        let bytes = if path == Path::new("-") {
            limited(io::stdin().lock())?
        } else {
            let file = File::open(path).map_err(FileProblem::Unreadable)?;
            check_size(&file)?;
            limited(file)?
        };
        Ok(Self::new(path, text(bytes)?))
    }

    /// A text that was read elsewhere.
    pub(crate) fn new(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
            lines: OnceLock::new(),
        }
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> String {
        if self.path == Path::new("-") {
            "<stdin>".to_owned()
        } else {
            self.path.display().to_string()
        }
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The number of the line, from 1, in which a byte lies.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts().partition_point(|start| *start <= offset)
    }

    /// The column, from 1 and in characters.
    pub(crate) fn column(&self, offset: usize) -> usize {
        let start = self.line_span(self.line(offset)).start;
        let before = self.text.get(start..offset).unwrap_or_default();
        before.chars().count().saturating_add(1)
    }

    /// The bytes of a line, by its number from 1, without what ends it. Behind the last line it is empty.
    pub(crate) fn line_span(&self, line: usize) -> Range<usize> {
        let starts = self.starts();
        let start = line.checked_sub(1).and_then(|index| starts.get(index));
        let start = start.copied().unwrap_or(self.text.len());
        let end = starts.get(line).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end).unwrap_or_default();
        start..start.saturating_add(line.trim_end_matches(['\n', '\r']).len())
    }

    fn starts(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let breaks = self.text.match_indices('\n');
            std::iter::once(0)
                .chain(breaks.map(|(offset, _)| offset.saturating_add(1)))
                .collect()
        })
    }
}

/// A file that is too large is not read.
fn check_size(file: &File) -> Result<(), FileProblem> {
    let metadata = file.metadata().map_err(FileProblem::Unreadable)?;
    let limit = Limits::default().document_bytes;
    if metadata.is_dir() {
        return Err(FileProblem::Unreadable(io::ErrorKind::IsADirectory.into()));
    }
    if metadata.is_file() && usize::try_from(metadata.len()).is_ok_and(|length| length <= limit) {
        return Ok(());
    }
    if metadata.is_file() {
        return Err(too_large(&format!("{} bytes", metadata.len())));
    }
    Ok(())
}

/// All bytes; of what has no size, such as a pipe, no more than a document may have.
fn limited(reader: impl io::Read) -> Result<Vec<u8>, FileProblem> {
    let limit = Limits::default().document_bytes;
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = reader.take(most).read_to_end(&mut bytes);
    read.map_err(FileProblem::Unreadable)?;
    if bytes.len() > limit {
        return Err(too_large(&format!("more than {limit} bytes")));
    }
    Ok(bytes)
}

fn too_large(found: &str) -> FileProblem {
    let limit = Limits::default().document_bytes >> 20;
    FileProblem::NoText {
        message: format!("{found}, at most {limit} MiB are read"),
        help: "split it into several files, and leave out what is no policy",
    }
}

fn text(bytes: Vec<u8>) -> Result<String, FileProblem> {
    let no_text = |message: String| FileProblem::NoText {
        message,
        help: "policies are YAML or JSON in UTF-8",
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(no_text("the text is in UTF-16".to_owned()));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(no_text(format!("a binary file: byte {at} is zero")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..at).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count();
        no_text(format!(
            "no UTF-8 in line {}: byte {at} belongs to no character",
            line.saturating_add(1)
        ))
    })
}
