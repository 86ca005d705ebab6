//! A plugin configuration from a file, in JSON or YAML.

use std::path::Path;

use serde_saphyr::{Options, UserMessageFormatter};
use spiffe_authz_policy::{Document, Limits, PolicySet};

use crate::failure::Failure;

/// Reads and compiles the configuration at `path`.
pub(crate) fn load(path: &Path) -> Result<PolicySet, Failure> {
    let bytes = std::fs::read(path).map_err(|reason| Failure::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    let document = read(&bytes, &path.display().to_string()).map_err(|reason| Failure::Syntax {
        path: path.to_owned(),
        reason,
    })?;
    PolicySet::from_document(&document, None).map_err(|errors| Failure::Invalid {
        path: path.to_owned(),
        errors,
    })
}

/// What is JSON is read as the filter reads it; everything else is YAML, or a mistake that YAML's reader shows.
fn read(bytes: &[u8], name: &str) -> Result<Document, String> {
    let limits = Limits::default();
    if bytes.len() > limits.document_bytes {
        let (found, limit) = (bytes.len(), limits.document_bytes);
        return Err(format!("{found} bytes, at most {limit} are allowed"));
    }
    Document::from_json(bytes, limits).or_else(|_| {
        let text = str::from_utf8(bytes).map_err(|error| format!("neither JSON nor YAML: {error}"))?;
        serde_saphyr::from_str_with_options(text, yaml_options(limits))
            .map_err(|error| rendered(&error, name))
    })
}

/// The message for people, with an excerpt of the file.
fn rendered(error: &serde_saphyr::Error, name: &str) -> String {
    let message = error.render_with_options(serde_saphyr::render_options! {
        formatter: &UserMessageFormatter,
        source_name: Some(name),
    });
    message.strip_prefix("error: ").unwrap_or(&message).to_owned()
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
