//! [`Selector`]: the labels that a workload must have (`spec.selector`).

use std::collections::BTreeMap;

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::values::text_map;

/// `selector.matchLabels`: all of these labels. Without labels it selects every workload (S-4).
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) match_labels: BTreeMap<String, String>,
}

impl Selector {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let match_labels = fields.optional("matchLabels", problems, match_labels);
        fields.finish(problems);
        Some(Self {
            match_labels: match_labels.unwrap_or_default(),
        })
    }

    pub(crate) fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        self.match_labels
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    }
}

/// Labels are compared exactly: a star or an empty key is a mistake (S-12).
fn match_labels(
    document: &Document,
    at: &FieldPath<'_>,
    problems: &mut Problems,
) -> Option<BTreeMap<String, String>> {
    let labels = text_map(document, at, problems)?;
    for (key, value) in &labels {
        if key.is_empty() || key.contains('*') {
            problems.invalid(
                &at.field(key),
                key,
                "a label key: it has at least one character and no `*`",
            );
        }
        if value.contains('*') {
            problems.invalid(&at.field(key), value, "a label value: it has no `*`");
        }
    }
    Some(labels)
}
