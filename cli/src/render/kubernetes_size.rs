//! [`DocumentSizes`]: how large a Kubernetes document may be, and how large each is.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::render::error::RenderError;
use crate::render::format::Format;
use crate::terminal::Terminal;

/// What etcd takes in one request unless it was told otherwise (`--max-request-bytes`): an object beyond it is not stored.
const MOST_STORED: usize = 1_572_864;
/// What all annotations of an object may have together; `kubectl apply` on the client's side keeps the object in one.
const MOST_ANNOTATED: usize = 262_144;

/// The documents by their names, each with its bytes as an API server gets them.
pub(crate) struct DocumentSizes(Vec<DocumentSize>);

struct DocumentSize {
    kind: String,
    namespace: String,
    name: String,
    sidecars: String,
    bytes: usize,
}

impl DocumentSizes {
    pub(crate) fn of(documents: &[Value]) -> Self {
        Self(documents.iter().map(DocumentSize::of).collect())
    }

    /// Refuses documents that no API server stores, and tells of those that `kubectl apply` cannot annotate.
    pub(crate) fn check(&self, terminal: &Terminal) -> Result<(), RenderError> {
        for size in &self.0 {
            size.check()?;
            if size.bytes > MOST_ANNOTATED {
                terminal.note(&format!(
                    "note: {} `{}` has {} bytes, more than an annotation holds: apply it with `kubectl apply --server-side`",
                    size.kind, size.name, size.bytes
                ));
            }
        }
        Ok(())
    }

    /// A table for people, or JSON.
    pub(crate) fn written(&self, format: Format) -> Result<String, RenderError> {
        match format {
            Format::Yaml => Ok(self.table()),
            Format::Json => {
                let sizes: Vec<_> = self.0.iter().map(DocumentSize::json).collect();
                format.write(&json!({"documents": sizes, "mostBytes": MOST_STORED}))
            }
        }
    }

    fn table(&self) -> String {
        let names: Vec<_> = self.0.iter().map(DocumentSize::full_name).collect();
        let width = names.iter().map(String::len).max().unwrap_or_default();
        let mut table = format!("{:<width$}  {:>9}  of {MOST_STORED}\n", "document", "bytes");
        for (name, size) in names.iter().zip(&self.0) {
            // Writing into a text does not fail.
            let _ = writeln!(table, "{name:<width$}  {:>9}  {:>9}%", size.bytes, size.percent());
        }
        table
    }
}

impl DocumentSize {
    fn of(document: &Value) -> Self {
        Self {
            kind: text(document, "/kind"),
            namespace: text(document, "/metadata/namespace"),
            name: text(document, "/metadata/name"),
            sidecars: sidecars(document),
            bytes: document.to_string().len(),
        }
    }

    fn check(&self) -> Result<(), RenderError> {
        if self.bytes <= MOST_STORED {
            return Ok(());
        }
        Err(RenderError::TooLarge {
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            sidecars: self.sidecars.clone(),
            bytes: self.bytes,
            limit: MOST_STORED,
        })
    }

    fn full_name(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    fn json(&self) -> Value {
        json!({"kind": self.kind, "namespace": self.namespace, "name": self.name, "bytes": self.bytes})
    }

    /// Of what is stored, rounded up, so that 100 is never less than all.
    fn percent(&self) -> usize {
        self.bytes.saturating_mul(100).div_ceil(MOST_STORED)
    }
}

/// The labels that the document selects sidecars by.
fn sidecars(document: &Value) -> String {
    let places = ["/spec/selector/matchLabels", "/spec/workloadSelector/labels"];
    let labels = places.iter().find_map(|place| document.pointer(place));
    match labels.and_then(Value::as_object) {
        None => "every sidecar".to_owned(),
        Some(labels) => {
            let label =
                |(key, value): (&String, &Value)| format!("{key}={}", value.as_str().unwrap_or_default());
            labels.iter().map(label).collect::<Vec<_>>().join(",")
        }
    }
}

fn text(document: &Value, pointer: &str) -> String {
    let text = document.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}
