//! The last lines of a log file, for messages about a process that died.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the end of a file is looked at.
const WINDOW_BYTES: u64 = 16 * 1024;

/// The last `lines` lines of the file, or a sentence that says why there are none.
///
/// Bytes that are no UTF-8 are shown as replacement characters: this text is for people.
#[must_use]
pub fn log_tail(path: &Path, lines: usize) -> String {
    match last_bytes(path) {
        Ok(bytes) if bytes.is_empty() => format!("({} is empty)", path.display()),
        Ok(bytes) => last_lines(&String::from_utf8_lossy(&bytes), lines),
        Err(error) => format!("({} cannot be read: {error})", path.display()),
    }
}

fn last_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(WINDOW_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(WINDOW_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn last_lines(text: &str, lines: usize) -> String {
    let mut tail: Vec<&str> = text.lines().rev().take(lines).collect();
    tail.reverse();
    tail.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept_in_their_order() {
        assert_eq!(last_lines("one\ntwo\nthree\n", 2), "two\nthree");
        assert_eq!(last_lines("one", 5), "one");
    }

    #[test]
    fn a_missing_file_is_named() {
        let tail = log_tail(Path::new("/nowhere/envoy.log"), 3);
        assert!(tail.contains("/nowhere/envoy.log cannot be read"), "{tail}");
    }

    #[test]
    fn the_end_of_a_long_file_is_found() {
        let folder = crate::scratch::folder("log-tail");
        let path = folder.join("long.log");
        std::fs::write(&path, format!("{}\nlast line\n", "x".repeat(100_000))).unwrap();
        assert_eq!(log_tail(&path, 1), "last line");
    }
}
