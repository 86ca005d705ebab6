//! Files of requests: JSON, JSON lines or YAML.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use spiffe_authz_policy::{Document, Limits};

use crate::request::given::Given;
use crate::request::{Asked, RequestError};

/// Every request of a file.
pub(super) fn read(path: &Path, given: &Given) -> Result<Vec<Asked>, RequestError> {
    let name = path.display().to_string();
    let documents = documents(&read_bytes(path)?, &name)?;
    if documents.is_empty() {
        return Err(RequestError::Empty {
            origin: name,
            what: "request",
        });
    }
    let asked = |(origin, document)| given.complete(document, Some(origin), Vec::new(), None);
    documents.into_iter().map(asked).collect()
}

/// The bytes of a file, or of standard input; no more than a document may have.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, RequestError> {
    let limit = Limits::default().document_bytes;
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|reason| RequestError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    if bytes.len() > limit {
        return Err(RequestError::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

type Placed = (String, Document);

/// The documents of a file, each with its place: one JSON document, JSON lines, or YAML documents. A list is taken apart.
fn documents(bytes: &[u8], name: &str) -> Result<Vec<Placed>, RequestError> {
    if let Ok(document) = Document::from_json(bytes, Limits::default()) {
        return Ok(apart(name, document));
    }
    if is_json_lines(bytes) {
        return json_lines(bytes, name);
    }
    let documents = yaml(bytes, name)?;
    let is_one = documents.len() == 1;
    let place = |index: usize| match is_one {
        true => name.to_owned(),
        false => format!("{name} document {}", index.saturating_add(1)),
    };
    let documents = documents.into_iter().enumerate();
    let placed = documents.filter(|(_, document)| *document != Document::Null);
    Ok(placed
        .flat_map(|(index, document)| apart(&place(index), document))
        .collect())
}

fn apart(place: &str, document: Document) -> Vec<Placed> {
    match document {
        Document::List(items) => {
            let items = items.into_iter().enumerate();
            items
                .map(|(index, item)| (format!("{place} [{index}]"), item))
                .collect()
        }
        other @ (Document::Null
        | Document::Bool(_)
        | Document::Number(_)
        | Document::String(_)
        | Document::Map(_)) => vec![(place.to_owned(), other)],
    }
}

/// Whether each line stands for itself: YAML in braces goes on over lines, or is of one document alone.
fn is_json_lines(bytes: &[u8]) -> bool {
    let mut lines = lines(bytes).map(|(_, line)| line);
    let is_object = |line: &[u8]| line.first() == Some(&b'{') && line.last() == Some(&b'}');
    bytes.trim_ascii().contains(&b'\n') && lines.all(is_object)
}

fn json_lines(bytes: &[u8], name: &str) -> Result<Vec<Placed>, RequestError> {
    let document = |(number, line)| {
        let origin = format!("{name} line {number}");
        match Document::from_json(line, Limits::default()) {
            Ok(document) => Ok((origin, document)),
            Err(error) => Err(RequestError::Syntax {
                origin,
                reason: error.to_string(),
            }),
        }
    };
    lines(bytes).map(document).collect()
}

/// The lines with something on them, by their numbers from 1.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    (1..).zip(lines).filter(|(_, line)| !line.is_empty())
}

fn yaml(bytes: &[u8], name: &str) -> Result<Vec<Document>, RequestError> {
    let syntax = |reason| RequestError::Syntax {
        origin: name.to_owned(),
        reason,
    };
    let text = str::from_utf8(bytes).map_err(|error| syntax(error.to_string()))?;
    let reading = crate::source::read(text);
    match reading.errors.first() {
        None => Ok(reading
            .documents
            .into_iter()
            .map(|(document, _)| document)
            .collect()),
        Some(error) => {
            let before = text.get(..error.span.start).unwrap_or(text);
            let line = before.matches('\n').count().saturating_add(1);
            Err(syntax(format!("line {line}: {}", error.message)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<String> {
        let placed = documents(text.as_bytes(), "f").unwrap();
        placed.into_iter().map(|(place, _)| place).collect()
    }

    #[test]
    fn json_json_lines_yaml_and_lists_are_read_each_request_with_its_place() {
        assert_eq!(places("{}"), ["f"]);
        assert_eq!(places("{\n\"method\": \"GET\"\n}\n"), ["f"]);
        assert_eq!(places("{}\n\n{}\n"), ["f line 1", "f line 3"]);
        assert_eq!(places("[{}, {}]"), ["f [0]", "f [1]"]);
        assert_eq!(places("method: GET\npath: /a\n"), ["f"]);
        assert_eq!(places("- method: GET\n- {}\n"), ["f [0]", "f [1]"]);
        assert_eq!(
            places("method: GET\n---\npath: /a\n"),
            ["f document 1", "f document 2"]
        );
        assert_eq!(places("{method: GET}\n"), ["f"]);
        assert_eq!(places("# nothing\n"), [""; 0]);
    }

    #[test]
    fn a_line_that_is_no_json_is_an_error_with_its_number() {
        let error = documents(b"{}\n{]}\n", "f").unwrap_err().to_string();
        assert!(
            error.starts_with("`f line 2` is neither JSON nor YAML"),
            "{error}"
        );
    }
}
