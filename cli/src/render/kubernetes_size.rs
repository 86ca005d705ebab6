//! How large a Kubernetes document may be.

use serde_json::Value;

use crate::render::error::RenderError;
use crate::terminal::Terminal;

/// What etcd takes in one request unless it was told otherwise (`--max-request-bytes`): an object beyond it is not stored.
const MOST_STORED: usize = 1_572_864;
/// What all annotations of an object may have together; `kubectl apply` on the client's side keeps the object in one.
const MOST_ANNOTATED: usize = 262_144;

/// Refuses documents that no API server stores, and tells of those that `kubectl apply` cannot annotate.
pub(crate) fn check(documents: &[Value], terminal: &Terminal) -> Result<(), RenderError> {
    for document in documents {
        let (kind, name) = (text(document, "/kind"), text(document, "/metadata/name"));
        let bytes = document.to_string().len();
        if bytes > MOST_STORED {
            return Err(RenderError::TooLarge {
                kind,
                name,
                bytes,
                limit: MOST_STORED,
            });
        }
        if bytes > MOST_ANNOTATED {
            terminal.note(&format!(
                "note: {kind} `{name}` has {bytes} bytes, more than an annotation holds: apply it with `kubectl apply --server-side`"
            ));
        }
    }
    Ok(())
}

fn text(document: &Value, pointer: &str) -> String {
    let text = document.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
