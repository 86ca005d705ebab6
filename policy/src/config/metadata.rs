//! [`Metadata`]: the name, namespace and age of a resource.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::document::Document;
use crate::config::error::Problems;
use crate::config::field_path::FieldPath;
use crate::config::fields::Fields;
use crate::config::values::{anything, non_empty_text, text_map};
use crate::decision::PolicyId;

/// What Kubernetes writes into metadata and no decision rests on.
const IGNORED: [&str; 11] = [
    "labels",
    "uid",
    "resourceVersion",
    "generation",
    "generateName",
    "managedFields",
    "ownerReferences",
    "finalizers",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// The annotation that takes an AuthorizationPolicy out of force (S-8).
const DRY_RUN: &str = "istio.io/dry-run";

/// The metadata of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Metadata {
    pub(crate) id: PolicyId,
    /// Seconds since 1970; older resources come first, and one without a time before all others.
    pub(crate) created: Option<i64>,
}

impl Metadata {
    pub(crate) fn read(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<Self> {
        let mut fields = Fields::of(document, at, problems)?;
        let name = fields.required("name", "the name of the resource", problems, non_empty_text);
        let namespace = fields.required(
            "namespace",
            "the namespace of the resource",
            problems,
            non_empty_text,
        );
        let created = fields.optional("creationTimestamp", problems, seconds);
        let annotations = fields.optional("annotations", problems, anything);
        fields.ignore(&IGNORED);
        fields.finish(problems);
        if let Some(annotations) = annotations {
            check_annotations(&annotations, &at.field("annotations"), problems);
        }
        Some(Self {
            id: PolicyId {
                namespace: namespace?,
                name: name?,
            },
            created,
        })
    }

    /// The order of policies: by age, then name, then namespace (S-1, P-2).
    pub(crate) fn order(&self) -> (Option<i64>, &str, &str) {
        (self.created, &self.id.name, &self.id.namespace)
    }
}

fn seconds(document: &Document, at: &FieldPath<'_>, problems: &mut Problems) -> Option<i64> {
    let text = non_empty_text(document, at, problems)?;
    match OffsetDateTime::parse(&text, &Rfc3339) {
        Ok(time) => Some(time.unix_timestamp()),
        Err(_) => {
            problems.invalid(at, &text, "a time such as `2026-01-01T00:00:00Z` (RFC 3339)");
            None
        }
    }
}

/// A dry-run policy must never be enforced by accident, nor an enforced one passed over.
fn check_annotations(annotations: &Document, at: &FieldPath<'_>, problems: &mut Problems) {
    let Some(annotations) = text_map(annotations, at, problems) else {
        return;
    };
    match annotations.get(DRY_RUN).map(String::as_str) {
        // The forms that Istio reads as false.
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => {}
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => {
            problems.unsupported(
                &at.field(DRY_RUN),
                "dry run is",
                "remove the policy, or enforce it",
            );
        }
        Some(other) => problems.invalid(&at.field(DRY_RUN), other, "`true` or `false`"),
    }
}
