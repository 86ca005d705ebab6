//! [`Format`]: how a document is written.

use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::render::error::RenderError;

/// JSON or YAML, fields sorted by name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// YAML, for people
    Yaml,
    /// JSON
    Json,
}

impl Format {
    /// The end of a file's name.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
        }
    }

    /// The text of a document, with a line end behind it.
    pub(crate) fn write(self, document: &Value) -> Result<String, RenderError> {
        let document = sorted(document);
        match self {
            Self::Yaml => yaml(&document),
            Self::Json => Ok(format!("{document:#}\n")),
        }
    }

    /// The text of Kubernetes documents: many in one stream of YAML, in JSON a `List`.
    pub(crate) fn write_all(self, documents: &[Value]) -> Result<String, RenderError> {
        match self {
            Self::Yaml => {
                let texts = documents.iter().map(|document| self.write(document));
                Ok(texts.collect::<Result<Vec<_>, _>>()?.join("---\n"))
            }
            Self::Json => {
                self.write(&serde_json::json!({"apiVersion": "v1", "kind": "List", "items": documents}))
            }
        }
    }
}

/// What YAML 1.1 would read as something else than a string is quoted; no text is folded.
fn yaml(document: &Value) -> Result<String, RenderError> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    let text = serde_saphyr::to_string_with_options(document, options);
    text.map_err(|error| RenderError::Yaml(error.to_string()))
}

/// The order of fields is not left to how the JSON library was built.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let sorted = fields
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)));
            Value::Object(sorted.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_reads_back_as_the_same_document() {
        let texts = [
            "yes",
            "on",
            "1.0",
            "0x1F",
            "1e3",
            "null",
            "~",
            "",
            " a ",
            "a: b",
            "- a",
            "#",
            "*",
            "&a",
            "!t",
            "%",
            "@",
            "12:30:00",
            "2026-01-01",
            "a\nb\n",
            "tab\t",
            "\u{1}",
            "é",
            "\"",
            "'",
            "{",
            "[",
            "a #b",
            "---",
            "=",
        ];
        let words: Value = texts
            .iter()
            .map(|text| json!({*text: [text, {"long": text.repeat(60)}]}))
            .collect();
        let document = json!({"b": words, "a": [1, -1, 1.5, true, null, {}, []]});
        let text = Format::Yaml.write(&document).unwrap();
        let read: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(read, document, "{text}");
    }

    #[test]
    fn fields_are_sorted() {
        let document = json!({"b": 1, "a": {"d": 2, "c": 3}});
        assert_eq!(
            Format::Yaml.write(&document).unwrap(),
            "a:\n  c: 3\n  d: 2\nb: 1\n"
        );
    }
}
