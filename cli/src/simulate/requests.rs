//! The requests, one JSON document a line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use spiffe_authz_policy::RequestDocument;

use crate::failure::Failure;

/// Reads a file of requests, one after the other; `-` is standard input.
pub(crate) fn requests(
    path: &Path,
) -> Result<impl Iterator<Item = Result<RequestDocument, Failure>>, Failure> {
    let lines = open(path)?.split(b'\n').enumerate();
    let is_empty = |line: &Result<Vec<u8>, _>| line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty());
    let lines = lines.filter(move |(_, line)| !is_empty(line));
    Ok(lines.map(|(index, line)| read(path, index, line)))
}

fn read(path: &Path, index: usize, line: std::io::Result<Vec<u8>>) -> Result<RequestDocument, Failure> {
    let line = line.map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    RequestDocument::from_json(&line).map_err(|errors| Failure::Request {
        path: path.to_owned(),
        line: index.saturating_add(1),
        errors,
    })
}

fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin().lock()));
    }
    let file = File::open(path).map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    Ok(Box::new(BufReader::new(file)))
}
