//! Documents from the text of a file, JSON or YAML.

use std::io::Read as _;
use std::path::Path;

use serde_saphyr::{Options, UserMessageFormatter};
use spiffe_authz_policy::{Document, Limits};

use crate::failure::Failure;

/// The one document of a file.
pub(crate) fn read_one(path: &Path) -> Result<Document, Failure> {
    let bytes = bytes(path)?;
    let limits = Limits::default();
    Document::from_json(&bytes, limits).or_else(|_| {
        let text = utf8(&bytes, path)?;
        serde_saphyr::from_str_with_options(text, yaml_options(limits)).map_err(|error| syntax(&error, path))
    })
}

/// Every document of a file.
pub(crate) fn read_all(path: &Path) -> Result<Vec<Document>, Failure> {
    let bytes = bytes(path)?;
    let limits = Limits::default();
    if let Ok(document) = Document::from_json(&bytes, limits) {
        return Ok(vec![document]);
    }
    let text = utf8(&bytes, path)?;
    let documents = serde_saphyr::from_multiple_with_options(text, yaml_options(limits));
    documents.map_err(|error| syntax(&error, path))
}

/// The bytes of a file, or of standard input; no more than a document may have.
fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let limit = Limits::default().document_bytes;
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    if bytes.len() > limit {
        return Err(Failure::Syntax {
            path: path.to_owned(),
            reason: format!("more than {limit} bytes, which is the most that a document may have"),
        });
    }
    Ok(bytes)
}

fn utf8<'b>(bytes: &'b [u8], path: &Path) -> Result<&'b str, Failure> {
    str::from_utf8(bytes).map_err(|error| Failure::Syntax {
        path: path.to_owned(),
        reason: format!("neither JSON nor YAML: {error}"),
    })
}

/// The message for people, with an excerpt of the file.
fn syntax(error: &serde_saphyr::Error, path: &Path) -> Failure {
    let name = path.display().to_string();
    let message = error.render_with_options(serde_saphyr::render_options! {
        formatter: &UserMessageFormatter,
        source_name: Some(&name),
    });
    Failure::Syntax {
        path: path.to_owned(),
        reason: message.strip_prefix("error: ").unwrap_or(&message).to_owned(),
    }
}

/// A document of the largest size passes without aliases; what aliases may add stays at the library's bound.
fn yaml_options(limits: Limits) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: limits.document_bytes,
            max_events: limits.document_bytes,
            max_total_scalar_bytes: limits.document_bytes,
        },
    }
}
